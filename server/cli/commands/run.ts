import type { Command } from 'commander';
import { createKubeClient, createShutdown, kubeConfig } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { DEFAULT_DATA_DIR, dataPaths } from '../paths.ts';
import { applyManifests } from '../up/apply-manifests.ts';
import { lockHolder } from '../up/lock.ts';
import { watchParts } from '../up/watch-parts.ts';

type RunOptions = { readonly name: string; readonly version: string; readonly port: string; readonly namespace: string; readonly dataDir: string; readonly appAddress: string; readonly keep?: boolean };

/** Deployment, Service and ServiceAccount of a user's own process. */
function manifestsOf(options: RunOptions, command: readonly string[]): readonly Record<string, unknown>[] {
  const { name, version, namespace } = options;
  const port = Number(options.port);
  const labels = { app: name, version };
  const annotations = { 'pharos.dev/command': JSON.stringify(command), 'pharos.dev/app-address': options.appAddress, 'pharos.dev/workdir': process.cwd() };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace, labels: { app: name } }, spec: { selector: { app: name }, ports: [{ name: 'http', port, targetPort: port }] } },
    {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: `${name}-${version}`, namespace, labels },
      spec: {
        replicas: 1, selector: { matchLabels: labels },
        template: { metadata: { labels, annotations }, spec: { serviceAccountName: name, containers: [{ name, image: `local/${name}:${version}`, ports: [{ containerPort: port, name: 'http' }], readinessProbe: { tcpSocket: { port }, periodSeconds: 1 } }] } },
      },
    },
  ];
}

async function removeAll(client: KubeClient, options: RunOptions): Promise<void> {
  const { name, version, namespace } = options;
  for (const path of [`/apis/apps/v1/namespaces/${namespace}/deployments/${name}-${version}`, `/api/v1/namespaces/${namespace}/services/${name}`, `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`]) {
    try {
      await client.request({ method: 'DELETE', path });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 404)) throw error;
    }
  }
}

/** `pharos run`: puts the user's own process into the mesh, with a sidecar; Ctrl-C takes it out again. */
export function runCommand(program: Command): void {
  program.command('run').summary('put your own process into the mesh').description('Runs a command as a pod with a sidecar: Deployment, Service and ServiceAccount are made for it. Ctrl-C removes them.')
    .requiredOption('--name <name>', 'name of the service').option('--version <v>', 'version label', 'v1').requiredOption('--port <n>', 'port the command listens on').option('-n, --namespace <ns>', 'namespace', 'default')
    .option('--app-address <ip>', 'address the command listens on', '127.0.0.1').option('--keep', 'leave it running when this command ends').option('--data-dir <dir>', 'the folder of the mesh', DEFAULT_DATA_DIR)
    .argument('<command...>', 'the command and its arguments, after --')
    .addHelpText('after', '\nExamples:\n  pharos run --name hello --version v1 --port 8000 -- python3 -m http.server 8000 --bind 127.0.0.1\n  pharos run --name reviews --version v4 --port 9080 -- ./my-reviews')
    .action(async (command: readonly string[], options: RunOptions) => {
      const paths = dataPaths(options.dataDir);
      if (lockHolder(paths.lock) === undefined) throw new Error(`nothing runs in ${paths.dir}: start the mesh first with \`npm start\`.`);
      if (!Number.isInteger(Number(options.port)) || Number(options.port) < 1 || Number(options.port) > 65_535) throw new Error(`--port takes a port number, not ${options.port}.`);
      const client = createKubeClient(await kubeConfig({ kubeconfigPath: paths.kubeconfig }));
      await applyManifests(client, manifestsOf(options, command), options.namespace);
      const shutdown = createShutdown({ onError: (step, error) => console.error(`${step}: ${String(error)}`) });
      const watch = watchParts(client, (part) => {
        if (part.name !== `${options.name}-${options.version}` || part.state !== 'ready') return;
        console.log(`${options.name} ${options.version} is in the mesh as http://${options.name}.${options.namespace}:${options.port} (inside), ${((part.readyMs ?? 0) / 1000).toFixed(1)} s.`);
        if (options.keep === true) void shutdown.run('kept').then(() => process.exit(0));
      });
      shutdown.add('watch', () => watch.stop());
      if (options.keep !== true) shutdown.add('pod', () => removeAll(client, options));
      shutdown.onSignals();
      console.log(`${options.name} ${options.version} is starting in namespace ${options.namespace}. Ctrl-C takes it out of the mesh.`);
    });
}
