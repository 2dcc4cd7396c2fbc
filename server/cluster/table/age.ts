const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** A length of time as kubectl prints it: 119s, 5m3s, 120m, 3h5m, 47h, 3d4h, 400d, 2y35d. */
export function humanDuration(seconds: number): string {
  const s = Math.floor(seconds);
  if (s < -1) return '<invalid>';
  if (s < 0) return '0s';
  if (s < 2 * MINUTE) return `${s}s`;
  const minutes = Math.floor(s / MINUTE);
  if (minutes < 10) return s % MINUTE === 0 ? `${minutes}m` : `${minutes}m${s % MINUTE}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(s / HOUR);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(s / DAY);
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  if (years >= 8) return `${years}y`;
  return days % 365 === 0 ? `${years}y` : `${years}y${days % 365}d`;
}

/** How long ago a moment was; `<unknown>` without one. */
export function ageOf(timestamp: unknown, now: Date): string {
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(time) ? '<unknown>' : humanDuration((now.getTime() - time) / 1000);
}
