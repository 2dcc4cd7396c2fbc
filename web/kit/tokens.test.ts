import { describe, expect, test } from 'vitest';
import css from './tokens.css?raw';

type Rgb = readonly [number, number, number];
const THEMES = ['light', 'dark'] as const;

function tokensOf(theme: string): ReadonlyMap<string, string> {
  const block = new RegExp(`data-mantine-color-scheme='${theme}'\\]\\s*{([^}]*)}`).exec(css)?.[1] ?? '';
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\s*;/g)].map((m) => [m[1] ?? '', m[2] ?? '']));
}
const linear = (hex: string): Rgb => {
  const channel = (at: number): number => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
};
const luminance = ([r, g, b]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;
function contrast(a: string, b: string): number {
  const [x, y] = [luminance(linear(a)), luminance(linear(b))];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}
// Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB
const VISION: Readonly<Record<string, readonly [Rgb, Rgb, Rgb]>> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const dot = (a: Rgb, b: Rgb): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const clamp = (v: number): number => Math.min(1, Math.max(0, v));
function oklab(rgb: Rgb): Rgb {
  const l = Math.cbrt(dot([0.4122214708, 0.5363325363, 0.0514459929], rgb));
  const m = Math.cbrt(dot([0.2119034982, 0.6806995451, 0.1073969566], rgb));
  const s = Math.cbrt(dot([0.0883024619, 0.2817188376, 0.6299787005], rgb));
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}
function distance(a: string, b: string, vision: readonly [Rgb, Rgb, Rgb]): number {
  const seen = (hex: string): Rgb => {
    const rgb = linear(hex);
    return oklab([clamp(dot(vision[0], rgb)), clamp(dot(vision[1], rgb)), clamp(dot(vision[2], rgb))]);
  };
  const [p, q] = [seen(a), seen(b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) * 100;
}

describe.each(THEMES)('%s theme', (theme) => {
  const tokens = tokensOf(theme);
  const get = (name: string): string => {
    const found = tokens.get(name);
    if (found === undefined) throw new Error(`no token --${name} in the ${theme} theme`);
    return found;
  };
  test('both themes name the same tokens', () => {
    expect([...tokens.keys()].sort()).toEqual([...tokensOf(theme === 'light' ? 'dark' : 'light').keys()].sort());
    expect(tokens.size).toBeGreaterThan(40);
  });
  test('the four states and the selection stay apart for every kind of colour vision', () => {
    const marks = ['mark-healthy', 'mark-degraded', 'mark-failing', 'mark-idle'];
    const worst = Math.min(...Object.values(VISION).flatMap((v) => marks.flatMap((a, i) => marks.slice(i + 1).map((b) => distance(get(a), get(b), v)))));
    expect(worst).toBeGreaterThanOrEqual(11.1);
    const withAccent = Math.min(...Object.values(VISION).flatMap((v) => marks.map((a) => distance(get(a), get('mark-selected'), v))));
    expect(withAccent).toBeGreaterThanOrEqual(10);
  });
  test('marks are seen on every ground they stand on', () => {
    for (const mark of ['healthy', 'degraded', 'failing', 'idle', 'selected']) for (const ground of ['canvas', 'surface', 'inset', 'raised']) expect(contrast(get(`mark-${mark}`), get(ground)), `${mark} on ${ground}`).toBeGreaterThanOrEqual(3);
  });
  test('badges read at 7:1', () => {
    for (const state of ['healthy', 'degraded', 'failing', 'idle']) expect(contrast(get(`badge-${state}`), get(`badge-${state}-text`)), state).toBeGreaterThanOrEqual(7);
  });
  test('text reads at 4.5:1 on every ground', () => {
    for (const ink of ['text', 'muted', 'faint', 'accent-text', 'badge-failing-text', 'badge-degraded-text', 'badge-healthy-text']) for (const ground of ['canvas', 'surface', 'inset', 'raised', 'hover']) expect(contrast(get(ink), get(ground)), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    expect(contrast(get('on-primary'), get('primary'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(get('on-primary'), get('primary-hover'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(get('text'), get('accent-soft'))).toBeGreaterThanOrEqual(7);
    expect(contrast(get('muted'), get('accent-soft'))).toBeGreaterThanOrEqual(4.5);
  });
  test('series are seen on the panel', () => {
    for (let n = 1; n <= 8; n++) expect(contrast(get(`series-${n}`), get('surface')), `series-${n}`).toBeGreaterThanOrEqual(3);
  });
});
