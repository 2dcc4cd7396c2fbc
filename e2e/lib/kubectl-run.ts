import { spawn } from 'node:child_process';
import { findKubectl } from './kubectl.ts';

/** Runs the real kubectl against a mesh: `run(['get', 'pods'])` gives its output, and throws with its error text when it fails. */
export function kubectl(kubeconfig: string): (args: readonly string[], input?: string) => Promise<string> {
  return async (args, input) => {
    const binary = await findKubectl();
    return new Promise((resolve, reject) => {
      const child = spawn(binary, [...args], { env: { ...process.env, KUBECONFIG: kubeconfig }, stdio: ['pipe', 'pipe', 'pipe'] });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString('utf8')));
      child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString('utf8')));
      child.once('error', reject);
      child.once('close', (code) => {
        if (code === 0) resolve(stdout);
        else reject(new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`));
      });
      child.stdin.end(input ?? '');
    });
  };
}
