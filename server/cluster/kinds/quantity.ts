const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;
const DECIMAL: readonly (readonly [string, number])[] = [['n', -9], ['u', -6], ['m', -3], ['', 0], ['k', 3], ['M', 6], ['G', 9], ['T', 12], ['P', 15], ['E', 18]];
const BINARY: readonly (readonly [string, number])[] = [['', 0], ['Ki', 10], ['Mi', 20], ['Gi', 30], ['Ti', 40], ['Pi', 50], ['Ei', 60]];
/** Finest step that is kept: a billionth. */
const NANO = 9;

/** A quantity in its canonical form, as the API server stores it: the largest suffix that leaves a whole number ("1000m" is "1", "0.5" is "500m", "1024Mi" is "1Gi"). */
export function canonicalQuantity(text: string): string {
  const match = FORM.exec(text);
  if (match === null || ((match[2] ?? '') === '' && (match[3] ?? '') === '')) return text;
  const [, sign = '', whole = '', fraction = '', , exponent, suffix = ''] = match;
  const digits = BigInt(`${whole}${fraction}`);
  if (digits === 0n) return '0';
  const negative = sign === '-' ? '-' : '';
  const binary = BINARY.find(([name]) => name === suffix && name !== '');
  if (binary !== undefined) {
    const scaled = digits * 2n ** BigInt(binary[1]);
    const scale = 10n ** BigInt(fraction.length);
    if (scaled % scale === 0n) return `${negative}${withBinary(scaled / scale)}`;
    return `${negative}${withDecimal(scaled, -fraction.length)}`;
  }
  const power = exponent === undefined ? (DECIMAL.find(([name]) => name === suffix)?.[1] ?? 0) : Number(exponent);
  const made = withDecimal(digits, power - fraction.length);
  if (exponent === undefined) return `${negative}${made}`;
  const back = DECIMAL.find(([name]) => name !== '' && made.endsWith(name));
  return `${negative}${back === undefined ? made : `${made.slice(0, -1)}e${back[1]}`}`;
}

function withBinary(n: bigint): string {
  const found = BINARY.toReversed().find(([, bits]) => n % 2n ** BigInt(bits) === 0n) ?? ['', 0];
  return `${n / 2n ** BigInt(found[1])}${found[0]}`;
}

function withDecimal(digits: bigint, power: number): string {
  let nanos = power + NANO >= 0 ? digits * 10n ** BigInt(power + NANO) : digits / 10n ** BigInt(-power - NANO);
  // What is finer than a billionth is rounded up.
  if (power + NANO < 0 && digits % 10n ** BigInt(-power - NANO) !== 0n) nanos += 1n;
  const found = DECIMAL.toReversed().find(([, exponent]) => nanos % 10n ** BigInt(exponent + NANO) === 0n) ?? ['n', -NANO];
  return `${nanos / 10n ** BigInt(found[1] + NANO)}${found[0]}`;
}
