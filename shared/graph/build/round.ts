/** Significant digits of a rate: a request more or less in the window shows up to some hundred requests per second. Never absolute rounding, which hides rare calls. */
const RATE_DIGITS = 4;
const SHARE_DECIMALS = 1e4;

export const roundRate = (rate: number): number => (rate > 0 ? Number(rate.toPrecision(RATE_DIGITS)) : 0);
export const roundShare = (share: number): number => (share >= 1 ? 1 : share <= 0 ? 0 : Math.min(0.9999, Math.max(0.0001, Math.round(share * SHARE_DECIMALS) / SHARE_DECIMALS)));
export const roundMs = (ms: number): number => (ms > 0 ? Number(ms.toPrecision(3)) : 0);
