import type { Command } from 'commander';
import { DEFAULT_DATA_DIR, dataPaths } from '../paths.ts';
import { lockHolder } from '../up/lock.ts';
import { readState } from '../up/state-file.ts';
import type { State } from '../up/state-file.ts';

function printTable(state: State): void {
  console.log(`Pharos runs as process ${state.pid} since ${state.startedAt} (${state.state}).\n`);
  for (const [name, url] of Object.entries(state.urls)) console.log(`  ${name.padEnd(14)} ${url}`);
  console.log(`\n  export KUBECONFIG=${state.kubeconfig}\n`);
  for (const part of state.parts) console.log(`  ${`${part.namespace}/${part.name}`.padEnd(40)} ${part.state.padEnd(9)} ${part.startedAt ?? ''}${part.reason === undefined ? '' : `  ${part.reason}`}`);
}

/** `pharos status`: the main process, every URL, every part. Exit code 3 when nothing runs. */
export function statusCommand(program: Command): void {
  program.command('status').summary('show what runs and where').description('Shows the main process, every URL and every part with its state and start time. Exit code 3 when nothing runs.')
    .option('--data-dir <dir>', 'the folder of the mesh', DEFAULT_DATA_DIR).option('-o, --output <form>', 'table or json', 'table')
    .addHelpText('after', '\nExamples:\n  pharos status\n  pharos status -o json | jq .urls.console')
    .action((options: { dataDir: string; output: string }) => {
      if (options.output !== 'table' && options.output !== 'json') throw new Error(`--output takes table or json, not ${options.output}`);
      const paths = dataPaths(options.dataDir);
      const pid = lockHolder(paths.lock);
      const state = pid === undefined ? undefined : readState(paths.state);
      if (state === undefined) {
        if (options.output === 'json') console.log(JSON.stringify({ running: false }));
        else console.log(`Nothing runs in ${paths.dir}. Start it with \`npm start\` or \`pharos up\`.`);
        process.exitCode = 3;
      } else if (options.output === 'json') console.log(JSON.stringify({ running: true, ...state }, undefined, 2));
      else printTable(state);
    });
}
