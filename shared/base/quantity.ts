const SUFFIX: ReadonlyMap<string, number> = new Map([
  ['n', 1e-9], ['u', 1e-6], ['m', 1e-3], ['', 1], ['k', 1e3], ['M', 1e6], ['G', 1e9], ['T', 1e12], ['P', 1e15], ['E', 1e18],
  ['Ki', 2 ** 10], ['Mi', 2 ** 20], ['Gi', 2 ** 30], ['Ti', 2 ** 40], ['Pi', 2 ** 50], ['Ei', 2 ** 60],
]);

/** The number a Kubernetes quantity means ("100m" is 0.1, "1Gi" is 2^30); undefined when the text is none. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (match === null) return undefined;
  const factor = match[2] === undefined ? SUFFIX.get(match[3] ?? '') : 10 ** Number(match[2].slice(1));
  return factor === undefined ? undefined : Number(match[1]) * factor;
}
