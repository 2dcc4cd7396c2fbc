const BLANK = /\s/;
/** Stands for what holds no blanks, quotes or equals signs: names may have colons ("guid:x-request-id"), dots and slashes. */
const NAME = /^[^\s="]+$/;

/**
 * Reads `name=value name="a value"`, separated by blanks, into names and values; undefined when the text is written otherwise.
 * Goes once over the text, whatever is in it.
 */
export function parseTraceTags(text: string): ReadonlyMap<string, string> | undefined {
  const tags = new Map<string, string>();
  let at = 0;
  for (;;) {
    while (at < text.length && BLANK.test(text.charAt(at))) at += 1;
    if (at >= text.length) return tags;
    const equals = text.indexOf('=', at);
    const name = equals < 0 ? '' : text.slice(at, equals);
    if (!NAME.test(name)) return undefined;
    at = equals + 1;
    const quoted = text.charAt(at) === '"';
    if (quoted) at += 1;
    const start = at;
    while (at < text.length && (quoted ? text.charAt(at) !== '"' : !BLANK.test(text.charAt(at)))) at += 1;
    const value = text.slice(start, at);
    if (quoted) {
      if (at >= text.length) return undefined; // the quote is not closed
      at += 1;
      if (at < text.length && !BLANK.test(text.charAt(at))) return undefined;
    } else if (value === '') return undefined;
    tags.set(name, value);
  }
}
