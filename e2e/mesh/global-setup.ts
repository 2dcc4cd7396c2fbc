import type { TestProject } from 'vitest/node';
import { startTestMesh } from '../lib/test-mesh.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly mesh: { readonly pid: number; readonly dataDir: string; readonly kubeconfig: string; readonly console: string; readonly gateway: string; readonly prometheus: string; readonly jaeger: string };
  }
}

/** One demo mesh for all files of this folder, started as a user starts it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mesh = await startTestMesh();
  project.provide('mesh', { pid: mesh.pid, dataDir: mesh.dataDir, kubeconfig: mesh.kubeconfig, console: mesh.urls.console, gateway: mesh.urls.gateway, prometheus: mesh.urls.prometheus, jaeger: mesh.urls.jaeger });
  return () => mesh.stop();
}
