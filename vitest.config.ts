import { defineConfig } from 'vitest/config';

// One project per kind of test, so that `npm run test:unit` and the like start only what they need.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['shared/**/*.test.ts', 'server/**/*.test.ts', 'web/**/*.test.{ts,tsx}'], testTimeout: 20_000, hookTimeout: 30_000, css: { include: [/kit\/tokens\.css/] } } },
      { test: { name: 'house', include: ['e2e/house/**/*.test.ts'], testTimeout: 120_000 } },
      { test: { name: 'alone', include: ['e2e/alone/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } },
      { test: { name: 'mesh', include: ['e2e/mesh/**/*.test.ts'], globalSetup: ['e2e/mesh/global-setup.ts'], testTimeout: 90_000, hookTimeout: 180_000, fileParallelism: false } },
      { test: { name: 'conformance', include: ['e2e/conformance/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 120_000, fileParallelism: false } },
    ],
  },
});
