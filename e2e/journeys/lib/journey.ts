import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright';
import { expect, test as base } from 'playwright/test';
import { kubectl } from '../../lib/kubectl-run.ts';
import { runningMesh, startTestMesh } from '../../lib/test-mesh.ts';
import type { MeshState } from '../../lib/test-mesh.ts';
import { Found } from './found.ts';

export type Kubectl = ReturnType<typeof kubectl>;
type OfWorker = { readonly mesh: MeshState; readonly run: Kubectl };
type OfTest = { readonly asFound: undefined; readonly quiet: undefined; /** A picture of this step, where PHAROS_JOURNEY_SHOTS names a folder. */ readonly shot: (name: string) => Promise<void> };

/** What a browser may say of its own when a source or the console is away. */
const EXPECTED_ERROR = /Failed to load resource|net::ERR_/;

/** Journeys over one mesh for the whole run, started as a user starts it. PHAROS_JOURNEY_MESH names the data folder of a running one instead. */
export const test = base.extend<OfTest, OfWorker>({
  mesh: [async ({ browserName }, use) => {
    if (browserName !== 'chromium') throw new Error('the journeys are for Chromium');
    const running = process.env['PHAROS_JOURNEY_MESH'];
    if (running !== undefined && running !== '') return use(runningMesh(running));
    const mesh = await startTestMesh();
    await use(mesh);
    await mesh.stop();
  }, { scope: 'worker', timeout: 180_000 }],
  run: [({ mesh }, use) => use(kubectl(mesh.kubeconfig)), { scope: 'worker' }],
  baseURL: ({ mesh }, use) => use(mesh.urls.console),
  // each journey leaves the configuration as it found it, also when it failed
  asFound: [async ({ run }, use) => {
    const found = await Found.look(run);
    await use(undefined);
    await found.restore(run);
  }, { auto: true, timeout: 60_000 }],
  // a page that throws, or that breaks its own content policy, is a defect whatever else works
  quiet: [async ({ page }, use) => {
    const heard: string[] = [];
    page.on('pageerror', (error) => heard.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED_ERROR.test(message.text())) heard.push(message.text());
    });
    await use(undefined);
    expect(heard, 'errors in the browser').toEqual([]);
  }, { auto: true }],
  shot: async ({ page }, use) => {
    const folder = process.env['PHAROS_JOURNEY_SHOTS'];
    await use(folder === undefined || folder === '' ? async () => undefined : (name) => picture(page, folder, name));
  },
});
export { expect } from 'playwright/test';

async function picture(page: Page, folder: string, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png` });
}
