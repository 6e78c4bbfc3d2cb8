import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['unit', 'contract', 'docker', 'manifest', 'clients'].map((tier) => `test/${tier}/**/*.test.ts`),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
