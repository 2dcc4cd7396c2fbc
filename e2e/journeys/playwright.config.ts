import { defineConfig } from 'playwright/test';

// Journeys in a real Chromium. Each spec starts what it needs; one after the other, since they share two cores with a mesh.
export default defineConfig({ testDir: '.', testMatch: '*.spec.ts', workers: 1, fullyParallel: false, timeout: 120_000, expect: { timeout: 15_000 }, retries: 0, forbidOnly: process.env['CI'] !== undefined, outputDir: '../../test-results' });
