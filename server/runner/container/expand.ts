/** Kubernetes' `$(VAR)` references: unknown ones stay as they are, `$$` is one `$`. k8s.io/kubernetes/third_party/forked/golang/expansion. */
export function expandVariables(text: string, lookup: (name: string) => string | undefined): string {
  return text.replaceAll(/\$(\$|\(([^)]*)\))/g, (whole, inside: string, name: string | undefined) => {
    if (inside === '$') return '$';
    return lookup(name ?? '') ?? whole;
  });
}

/** Splits a command line as a shell does: blanks separate, quotes and backslashes join. Nothing is expanded. */
export function shellWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quote === "'") {
      if (c === "'") quote = '';
      else word += c;
    } else if (c === '\\' && i + 1 < text.length) {
      i += 1;
      const next = text.charAt(i);
      word = (word ?? '') + (quote === '"' && !'"\\$`\n'.includes(next) ? `\\${next}` : next);
    } else if (quote === '"') {
      if (c === '"') quote = '';
      else word += c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= '';
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + c;
  }
  if (quote !== '') throw new Error(`the quote ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  return words;
}
