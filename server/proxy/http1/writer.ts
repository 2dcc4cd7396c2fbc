import type { Socket } from 'node:net';

/** Bodies up to this size are joined with the head into one string, so that a message is one write. */
const JOIN_BYTES_MAX = 8 * 1024;
/** Text held back until the end of the event that made it; above this it goes out at once. */
const HELD_CHARS_MAX = 32 * 1024;

/** Writes to a socket; small pieces of one event are held and leave as one write. Text is one character a byte. */
export class HeldWriter {
  readonly socket: Socket;
  bytes = 0;
  #held = '';
  constructor(socket: Socket) {
    this.socket = socket;
  }
  text(text: string): void {
    this.#held += text;
  }
  data(data: Buffer): void {
    if (data.length <= JOIN_BYTES_MAX) {
      this.#held += data.toString('latin1');
      if (this.#held.length > HELD_CHARS_MAX) this.flush();
      return;
    }
    this.socket.cork();
    this.flush();
    this.bytes += data.length;
    this.socket.write(data);
    this.socket.uncork();
  }
  /** One chunk of a chunked body. */
  chunk(data: Buffer): void {
    this.#held += `${data.length.toString(16)}\r\n`;
    this.data(data);
    this.#held += '\r\n';
  }
  flush(): void {
    if (this.#held === '') return;
    const text = this.#held;
    this.#held = '';
    this.bytes += text.length;
    this.socket.write(text, 'latin1');
  }
  /** Whether the peer reads more slowly than we write: stop reading from the other side until `drain`. */
  get full(): boolean {
    return this.socket.writableNeedDrain;
  }
}
