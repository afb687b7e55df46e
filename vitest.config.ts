import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The product is built once, and a Kafka is found or started once, for all tests.
    globalSetup: ['test/support/build-setup.ts', 'test/support/kafka-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
