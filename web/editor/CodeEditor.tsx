import { closeBrackets } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import type { Diagnostic } from '@codemirror/lint';
import { unifiedMergeView } from '@codemirror/merge';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Annotation, Compartment, EditorState } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import type { SchemaNode } from '#shared/mesh';
import { editorTheme } from './editor-theme.ts';
import { schemaExtensions } from './schema-extensions.ts';
import css from './editor.module.css';
import { changeBetween } from './model/change-between.ts';
import { createEchoes } from './model/echoes.ts';

/** A finding at 1-based lines and columns, as the console's API gives it. */
export type EditorMarker = { readonly line: number; readonly column: number; readonly endLine: number; readonly endColumn: number; readonly level: 'error' | 'warning' | 'info'; readonly message: string };
export type YamlEditorProps = {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly label: string;
  readonly schema?: SchemaNode | undefined;
  readonly markers: readonly EditorMarker[];
  readonly readOnly?: boolean;
  /** Shown as a diff against this text. */
  readonly original?: string | undefined;
  readonly onSave?: () => void;
  /** Puts the cursor on this line and brings it into view. */
  readonly goToLine?: number | undefined;
};

function offsetOf(state: EditorState, line: number, column: number): number {
  const found = state.doc.line(Math.max(1, Math.min(state.doc.lines, line)));
  return Math.min(found.to, found.from + Math.max(0, column - 1));
}

function diagnosticsOf(state: EditorState, markers: readonly EditorMarker[]): Diagnostic[] {
  return markers.map((marker) => {
    const from = offsetOf(state, marker.line, marker.column);
    const to = Math.max(from, offsetOf(state, marker.endLine, marker.endColumn));
    const line = state.doc.lineAt(from);
    return { from: from === to ? line.from + (line.text.length - line.text.trimStart().length) : from, to: from === to ? line.to : to, severity: marker.level, message: marker.message };
  });
}

/** Marks what was set from outside: the one who set it needs no word of it. */
const fromOutside = Annotation.define<boolean>();

const base: Extension = [
  lineNumbers(), highlightActiveLine(), highlightActiveLineGutter(), drawSelection(), history(), bracketMatching(), closeBrackets(), highlightSelectionMatches(), lintGutter(), indentUnit.of('  '), yaml(), editorTheme,
  keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]), EditorView.lineWrapping,
];

/** The editor itself; loaded only where a page asks for it. Escape then Tab leaves it, as CodeMirror's keyboard rule says. */
export default function CodeEditor({ value, onChange, label, schema, markers, readOnly = false, original, onSave, goToLine }: YamlEditorProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const parts = useRef({ schema: new Compartment(), access: new Compartment(), diff: new Compartment() });
  const calls = useRef({ onChange, onSave });
  calls.current = { onChange, onSave };
  const latest = useRef(value);
  latest.current = value;
  const echoes = useRef(createEchoes());
  useEffect(() => {
    if (host.current === null) return undefined;
    const { schema: schemaPart, access, diff } = parts.current;
    // a shadow root takes CodeMirror's styles as constructed sheets; a <style> element would need a wider CSP
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: latest.current,
        extensions: [
          keymap.of([{ key: 'Mod-s', preventDefault: true, run: () => {
            calls.current.onSave?.();
            return true;
          } }]),
          base, schemaPart.of([]), access.of([]), diff.of([]), EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged || update.transactions.some((done) => done.annotation(fromOutside) === true)) return;
            const text = update.state.doc.toString();
            echoes.current.sent(text);
            calls.current.onChange(text);
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [label]);
  useEffect(() => {
    const at = view.current;
    if (at === null || echoes.current.isEcho(value)) return;
    const changes = changeBetween(at.state.doc.toString(), value);
    if (changes !== undefined) at.dispatch({ changes, annotations: fromOutside.of(true) });
  }, [value]);
  useEffect(() => view.current?.dispatch({ effects: parts.current.schema.reconfigure(schema === undefined ? [] : schemaExtensions(schema)) }), [schema, label]);
  useEffect(() => view.current?.dispatch({ effects: parts.current.access.reconfigure(EditorState.readOnly.of(readOnly)) }), [readOnly, label]);
  useEffect(() => {
    view.current?.dispatch({ effects: parts.current.diff.reconfigure(original === undefined ? [] : unifiedMergeView({ original, mergeControls: false, highlightChanges: false })) });
  }, [original, label]);
  useEffect(() => {
    const at = view.current;
    if (at !== null) at.dispatch(setDiagnostics(at.state, diagnosticsOf(at.state, markers)));
  }, [markers, value, label]);
  useEffect(() => {
    const at = view.current;
    if (at === null || goToLine === undefined) return;
    const anchor = offsetOf(at.state, goToLine, 1);
    at.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
    at.focus();
  }, [goToLine, label]);
  return <div ref={host} className={css['editor']} />;
}
