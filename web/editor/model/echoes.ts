/** Texts kept at most that were sent and did not come back; a render brings back at least the last of them. */
const SENT_MAX = 1000;

export type Echoes = { sent(text: string): void; isEcho(text: string): boolean };

/**
 * Tells an editor's own text that comes back as a property from a text somebody else set. A render can be older than the document: what was
 * typed since must not be overwritten by it.
 */
export function createEchoes(): Echoes {
  let waiting: string[] = [];
  return {
    sent: (text) => {
      if (waiting.length >= SENT_MAX) waiting.shift();
      waiting.push(text);
    },
    isEcho: (text) => {
      const at = waiting.lastIndexOf(text);
      if (at >= 0) waiting = waiting.slice(at + 1);
      return at >= 0;
    },
  };
}
