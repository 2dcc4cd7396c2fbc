import { styleText } from 'node:util';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** What `pharos up` prints: in a terminal a live line with what is awaited, otherwise plain lines. */
export type Progress = { done(name: string, ms: number, note?: string): void; failed(name: string, why: string): void; waiting(names: readonly string[]): void; say(text: string): void; end(): void };

export function createProgress(out: NodeJS.WriteStream): Progress {
  const alive = out.isTTY === true;
  let awaited: readonly string[] = [];
  let frame = 0;
  const clear = (): void => void (alive && out.write('\r\u001B[K'));
  const draw = (): void => {
    if (!alive || awaited.length === 0) return;
    frame += 1;
    out.write(`\r\u001B[K  ${styleText('cyan', FRAMES[frame % FRAMES.length] ?? '')} ${awaited.slice(0, 4).join(', ')}${awaited.length > 4 ? ` and ${awaited.length - 4} more` : ''}`);
  };
  const timer = alive ? setInterval(draw, 80) : undefined;
  timer?.unref();
  const line = (text: string): void => {
    clear();
    out.write(`${text}\n`);
    draw();
  };
  const mark = (color: 'green' | 'red', text: string): string => (alive ? styleText(color, text) : text);
  return {
    done: (name, ms, note) => line(`  ${mark('green', '✓')} ${name.padEnd(24)} ${`${(ms / 1000).toFixed(2)} s`.padStart(8)}${note === undefined ? '' : `  ${note}`}`),
    failed: (name, why) => line(`  ${mark('red', '✗')} ${name.padEnd(24)} ${why}`),
    waiting: (names) => {
      awaited = names;
      draw();
    },
    say: line,
    end: () => {
      clearInterval(timer);
      awaited = [];
      clear();
    },
  };
}
