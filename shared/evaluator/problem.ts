/** A resource that cannot be used. `field` is the path inside the resource; the text becomes the reason of the NACK. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem';
  readonly field: string;
  constructor(field: string, what: string) {
    super(field === '' ? what : `${field}: ${what}`);
    this.field = field;
  }
}
