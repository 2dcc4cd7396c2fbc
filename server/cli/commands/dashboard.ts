import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createLog, createShutdown } from '#server/lib';
import { DEFAULT_DATA_DIR, WEB_DIR } from '../paths.ts';

type Options = { kubeconfig?: string; prometheus?: string; jaeger?: string; port: string; host: string; dataDir: string; meshName: string };

/** `pharos dashboard`: only the console, against any cluster. Each source may be down or absent. */
export function dashboardCommand(program: Command): void {
  program.command('dashboard').summary('start only the console, against any cluster').description('Starts only the console. It reads a cluster, a Prometheus and a Jaeger that run elsewhere; each may be down, slow or absent.')
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (default: $KUBECONFIG)').option('--prometheus <url>', 'Prometheus HTTP API').option('--jaeger <url>', 'Jaeger query API')
    .option('--port <n>', 'port of the console', '20001').option('--host <address>', 'address to listen on', '127.0.0.1').option('--data-dir <dir>', 'folder of its change log', `${DEFAULT_DATA_DIR}-dashboard`).option('--mesh-name <name>', 'the name shown', 'mesh')
    .addHelpText('after', '\nExamples:\n  pharos dashboard --kubeconfig ~/.kube/config --prometheus http://127.0.0.1:9090 --jaeger http://127.0.0.1:16686\n  pharos dashboard --prometheus http://prometheus.example:9090')
    .action(async (options: Options) => {
      const log = createLog('console');
      const { startDashboard } = await import('#server/dashboard');
      const kubeconfig = options.kubeconfig ?? process.env['KUBECONFIG'];
      const running = await startDashboard({
        bindAddress: options.host, port: Number(options.port), kube: kubeconfig === undefined ? {} : { kubeconfigPath: resolve(kubeconfig) }, dataDir: resolve(options.dataDir), webDir: WEB_DIR, meshName: options.meshName, log,
        ...(options.prometheus === undefined ? {} : { prometheusUrl: options.prometheus }), ...(options.jaeger === undefined ? {} : { jaegerUrl: options.jaeger }),
      });
      const shutdown = createShutdown();
      shutdown.add('console', () => running.stop());
      shutdown.onSignals();
      console.log(`Console: ${running.url}`);
    });
}
