/** A compiled regular expression with RE2's semantics: linear time, full match. */
export type Regex = { matches(text: string): boolean; replaceAll(text: string, substitution: string): string };
