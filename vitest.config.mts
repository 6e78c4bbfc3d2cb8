import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['unit', 'contract', 'docker', 'manifest'].map((tier) => `test/${tier}/**/*.test.ts`),
    // The Docker backend is not whole yet, and nothing in the product makes one: its suite is run by hand.
    exclude: process.env.MODEL_SERVING_DOCKER_CONTRACT ? [] : ['test/contract/docker.contract.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
