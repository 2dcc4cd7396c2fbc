import type { Command } from 'commander';
import { createKubeClient, createShutdown, kubeConfig } from '#server/lib';
import { DEFAULT_DATA_DIR, dataPaths } from '../paths.ts';
import { lockHolder } from '../up/lock.ts';
import { watchParts } from '../up/watch-parts.ts';
import { putIntoMesh } from './own-process.ts';

type RunOptions = { readonly name: string; readonly version: string; readonly port: string; readonly namespace: string; readonly dataDir: string; readonly appAddress: string; readonly keep?: boolean };

/** `pharos run`: puts the user's own process into the mesh, with a sidecar; Ctrl-C takes it out again. */
export function runCommand(program: Command): void {
  program.command('run').summary('put your own process into the mesh').description('Runs a command as a pod with a sidecar: Deployment, Service and ServiceAccount are made for it; a Service or ServiceAccount of that name that is already there is used as it is. Ctrl-C removes what was made.')
    .requiredOption('--name <name>', 'name of the service').option('--version <v>', 'version label', 'v1').requiredOption('--port <n>', 'port the command listens on').option('-n, --namespace <ns>', 'namespace', 'default')
    .option('--app-address <ip>', 'address the command listens on', '127.0.0.1').option('--keep', 'leave it running when this command ends').option('--data-dir <dir>', 'the folder of the mesh', DEFAULT_DATA_DIR)
    .argument('<command...>', 'the command and its arguments, after --')
    .addHelpText('after', '\nExamples:\n  pharos run --name hello --version v1 --port 8000 -- python3 -m http.server 8000 --bind 127.0.0.1\n  pharos run --name reviews --version v4 --port 9080 -- ./my-reviews')
    .action(async (command: readonly string[], options: RunOptions) => {
      const paths = dataPaths(options.dataDir);
      if (lockHolder(paths.lock) === undefined) throw new Error(`nothing runs in ${paths.dir}: start the mesh first with \`npm start\`.`);
      if (!Number.isInteger(Number(options.port)) || Number(options.port) < 1 || Number(options.port) > 65_535) throw new Error(`--port takes a port number, not ${options.port}.`);
      const client = createKubeClient(await kubeConfig({ kubeconfigPath: paths.kubeconfig }));
      const { name, version, namespace, appAddress } = options;
      const inMesh = await putIntoMesh(client, { name, version, namespace, appAddress, port: Number(options.port), workdir: process.cwd(), command });
      const shutdown = createShutdown({ onError: (step, error) => console.error(`${step}: ${String(error)}`) });
      const watch = watchParts(client, (part) => {
        if (part.name !== `${name}-${version}` || part.namespace !== namespace || part.state !== 'ready') return;
        console.log(`${name} ${version} is in the mesh as http://${name}.${namespace}:${inMesh.servicePort} (inside), ${((part.readyMs ?? 0) / 1000).toFixed(1)} s.`);
        if (options.keep === true) void shutdown.run('kept').then(() => process.exit(0));
      });
      shutdown.add('watch', () => watch.stop());
      if (options.keep !== true) shutdown.add('pod', () => inMesh.remove());
      shutdown.onSignals();
      console.log(`${name} ${version} is starting in namespace ${namespace}. Ctrl-C takes it out of the mesh.`);
    });
}
