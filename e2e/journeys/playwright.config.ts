import { defineConfig } from 'playwright/test';
import { BROWSER_ARGS, findBrowser } from '../lib/browser.ts';

// Journeys in a real Chromium. One after the other, since they share two cores with a mesh.
export default defineConfig({
  testDir: '.', testMatch: '*.spec.ts', workers: 1, fullyParallel: false, timeout: 120_000, expect: { timeout: 15_000 }, retries: 0, forbidOnly: process.env['CI'] !== undefined, outputDir: '../../test-results',
  use: { viewport: { width: 1440, height: 900 }, contextOptions: { reducedMotion: 'reduce' }, actionTimeout: 15_000, screenshot: 'only-on-failure', launchOptions: { executablePath: await findBrowser(), args: BROWSER_ARGS } },
});
