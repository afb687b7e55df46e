import { defineConfig } from 'vitest/config'

export default defineConfig({
  // As Node resolves it: two graphql modules in one process, as Vite's choice makes, refuse each other's schemas.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    // The product is built once, and a Kafka is found or started once, for all tests.
    globalSetup: ['test/support/build-setup.ts', 'test/support/kafka-setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Brokers, browsers and two cores are shared by all tests of a run, so a port may be taken and a broker slow.
    // What is broken fails three times.
    retry: process.env.CI ? 2 : 0,
  },
})
