import { Command } from 'commander';
import { errorText } from '#shared/base';
import { dashboardCommand } from './commands/dashboard.ts';
import { downCommand } from './commands/down.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';

/** The `pharos` command line. Bad usage and operating errors end with one sentence and exit code 1. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('pharos').description('A service mesh on your machine, and the console that shows it, shifts it and drills into it.').version('0.1.0').enablePositionalOptions(); // options before a command are the program's: `run --version v1` is the command's
  for (const add of [upCommand, downCommand, statusCommand, runCommand, dashboardCommand]) add(program);
  program.addHelpText('after', '\nExamples:\n  pharos up\n  pharos up --detach --port-offset 100 --data-dir .pharos-two\n  pharos run --name hello --version v1 --port 8000 -- python3 -m http.server 8000 --bind 127.0.0.1\n  pharos status -o json');
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    console.error(process.env['LOG_LEVEL'] === 'debug' ? error : `pharos: ${errorText(error)}`);
    process.exitCode = 1;
  }
}
