let at = 0;
let text = '';
/** The date header of now, formatted once a second (RFC 9110 §5.6.7). */
export function httpDate(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== at) {
    at = second;
    text = new Date(second * 1000).toUTCString();
  }
  return text;
}
