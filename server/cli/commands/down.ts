import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { DEFAULT_DATA_DIR, dataPaths } from '../paths.ts';
import { lockHolder } from '../up/lock.ts';

/** How long the mesh may take to stop before it is killed. */
const STOP_MS_MAX = 10_000;

/** `pharos down`: stops the mesh of a data folder in order; its state stays for the next start. */
export function downCommand(program: Command): void {
  program.command('down').summary('stop the mesh').description('Stops the mesh in order. Its state stays and is there again at the next start.')
    .option('--data-dir <dir>', 'the folder of the mesh', DEFAULT_DATA_DIR)
    .addHelpText('after', '\nExamples:\n  pharos down\n  pharos down --data-dir .pharos-two')
    .action(async (options: { dataDir: string }) => {
      const paths = dataPaths(options.dataDir);
      const pid = lockHolder(paths.lock);
      if (pid === undefined) return console.log(`Nothing runs in ${paths.dir}.`);
      const start = performance.now();
      process.kill(pid, 'SIGTERM');
      while (lockHolder(paths.lock) !== undefined && performance.now() - start < STOP_MS_MAX) await sleep(50);
      if (lockHolder(paths.lock) !== undefined) {
        process.kill(pid, 'SIGKILL');
        return console.log(`Process ${pid} did not stop within ${STOP_MS_MAX / 1000} s and was killed; the next start cleans up after it.`);
      }
      return console.log(`Stopped in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
    });
}
