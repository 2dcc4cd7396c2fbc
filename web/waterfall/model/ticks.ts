/** Round positions of a time axis: 0 and then steps of 1, 2 or 5 times a power of ten, at most `ticksMax`. Microseconds. */
export function ticks(length: number, ticksMax: number): readonly number[] {
  if (!(length > 0)) return [0];
  const raw = length / ticksMax;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => length / size <= ticksMax) ?? 10 * power;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, i) => i * step);
}
