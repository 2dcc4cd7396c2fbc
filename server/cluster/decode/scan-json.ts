/** Nesting that is read at most; deeper bodies are refused instead of exhausting the stack. */
export const DEPTH_MAX = 500;

/** A syntax error in the words of Go's encoding/json, which clients know. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}
const END = 'unexpected end of JSON input';
const quoted = (text: string, i: number): string => {
  const c = String.fromCodePoint(text.codePointAt(i) ?? 0);
  return c === "'" ? `'\\''` : c === '\n' ? `'\\n'` : `'${c}'`;
};

/** Checks JSON text and finds keys that stand twice in one object, with their paths (`spec.ports[0].name`). */
export function scanJson(text: string): { readonly duplicates: readonly string[] } {
  const scanner = new Scanner(text);
  scanner.document();
  return { duplicates: scanner.duplicates };
}

class Scanner {
  readonly duplicates: string[] = [];
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#value('', 0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#bad('after top-level value');
  }

  #bad(where: string): JsonSyntaxError {
    return new JsonSyntaxError(this.#at >= this.#text.length ? END : `invalid character ${quoted(this.#text, this.#at)} ${where}`);
  }
  #space(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return;
      this.#at += 1;
    }
  }

  #value(path: string, depth: number): void {
    if (depth > DEPTH_MAX) throw new JsonSyntaxError('exceeded max depth');
    this.#space();
    switch (this.#text.charCodeAt(this.#at)) {
      case 123: return this.#object(path, depth);
      case 91: return this.#array(path, depth);
      case 34: return void this.#string();
      case 116: return this.#literal('true');
      case 102: return this.#literal('false');
      case 110: return this.#literal('null');
      default: return this.#number();
    }
  }

  #object(path: string, depth: number): void {
    this.#at += 1;
    const seen = new Set<string>();
    this.#space();
    if (this.#text.charCodeAt(this.#at) === 125) return void (this.#at += 1);
    for (;;) {
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== 34) throw this.#bad('looking for beginning of object key string');
      const key = this.#string();
      const inner = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) this.duplicates.push(inner);
      seen.add(key);
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== 58) throw this.#bad('after object key');
      this.#at += 1;
      this.#value(inner, depth + 1);
      this.#space();
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 44 && c !== 125) throw this.#bad('after object key:value pair');
      this.#at += 1;
      if (c === 125) return;
    }
  }

  #array(path: string, depth: number): void {
    this.#at += 1;
    this.#space();
    if (this.#text.charCodeAt(this.#at) === 93) return void (this.#at += 1);
    for (let i = 0; ; i++) {
      this.#value(`${path}[${i}]`, depth + 1);
      this.#space();
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 44 && c !== 93) throw this.#bad('after array element');
      this.#at += 1;
      if (c === 93) return;
    }
  }

  #string(): string {
    const from = this.#at;
    let isEscaped = false;
    this.#at += 1;
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(c)) throw new JsonSyntaxError(END);
      if (c === 34) break;
      if (c < 32) throw this.#bad('in string literal');
      if (c === 92) {
        isEscaped = true;
        this.#escape();
      } else this.#at += 1;
    }
    this.#at += 1;
    const raw = this.#text.slice(from + 1, this.#at - 1);
    return isEscaped ? String(JSON.parse(`"${raw}"`)) : raw;
  }

  #escape(): void {
    this.#at += 1;
    const c = this.#text.charAt(this.#at);
    if (c === '' || !'"\\/bfnrtu'.includes(c)) throw this.#bad('in string escape code');
    this.#at += 1;
    if (c !== 'u') return;
    for (let i = 0; i < 4; i++, this.#at++) if (!/[0-9a-fA-F]/.test(this.#text.charAt(this.#at))) throw this.#bad('in \\u hexadecimal character escape');
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++, this.#at++) {
      if (this.#text.charAt(this.#at) !== word.charAt(i)) throw this.#bad(`in literal ${word} (expecting '${word.charAt(i)}')`);
    }
  }

  #number(): void {
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) {
      if (this.#text.charAt(this.#at) === '-') this.#at += 1;
      throw this.#bad(this.#text.charAt(this.#at - 1) === '-' ? 'in numeric literal' : 'looking for beginning of value');
    }
    this.#at += found[0].length;
    const next = this.#text.charAt(this.#at);
    if (next === '.' || next === 'e' || next === 'E') {
      this.#at += 1;
      throw this.#bad(next === '.' ? 'after decimal point in numeric literal' : 'in exponent of numeric literal');
    }
  }
}
