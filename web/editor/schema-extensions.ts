import { autocompletion, snippetCompletion } from '@codemirror/autocomplete';
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import type { SchemaNode } from '#shared/mesh';
import { nodeAt, suggest, typeWords } from './model/schema-help.ts';
import { yamlPlace } from './model/yaml-place.ts';

const HOVER_MS = 350;

function completions(schema: SchemaNode, context: CompletionContext): CompletionResult | null {
  const place = yamlPlace(context.state.doc.toString(), context.pos);
  if (!context.explicit && place.typed === '') return null;
  const indent = place.from - context.state.doc.lineAt(place.from).from;
  const options = suggest(schema, place, indent).map((suggestion): Completion => ({
    ...snippetCompletion(`${suggestion.insert.replaceAll(/[\\${}]/g, (c) => `\\${c}`)}\${}`, { label: suggestion.label }),
    detail: suggestion.required ? `${suggestion.type}, required` : suggestion.type,
    ...(suggestion.text === '' ? {} : { info: suggestion.text }),
    boost: suggestion.required ? 1 : 0,
  }));
  return options.length === 0 ? null : { from: place.from, options, validFor: /^[\w-]*$/ };
}

function help(schema: SchemaNode): Extension {
  return hoverTooltip((view, pos) => {
    const line = view.state.doc.lineAt(pos);
    const key = /^(\s*(?:- +)*)([\w.-]+)\s*:/.exec(line.text);
    if (key?.[1] === undefined || key[2] === undefined) return null;
    const from = line.from + key[1].length;
    const to = from + key[2].length;
    if (pos < from || pos > to) return null;
    const place = yamlPlace(view.state.doc.toString(), from);
    const node = nodeAt(schema, [...place.path, key[2]]);
    if (node === undefined) return null;
    return {
      pos: from, end: to, above: true, create: () => {
        const dom = document.createElement('div');
        dom.className = 'cm-completionInfo';
        const title = document.createElement('strong');
        title.textContent = key[2] ?? '';
        dom.append(title, ` ${typeWords(node)}${node.enum === undefined ? '' : `: ${node.enum.join(', ')}`}`);
        if (node.description !== undefined) dom.append(document.createElement('br'), node.description);
        return { dom };
      },
    };
  }, { hoverTime: HOVER_MS });
}

/** Completion and field help of one kind. */
export const schemaExtensions = (schema: SchemaNode): Extension => [autocompletion({ override: [(context) => completions(schema, context)], icons: false }), help(schema)];
