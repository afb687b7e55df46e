/** A tiny run of the bench itself, so that it cannot rot: its own Kafka, real servers, every event counted. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { describeOwnKafka } from '../support/kafka.ts'

const run = promisify(execFile)

const TIMEOUT = 240_000

function bench(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, ['--import', 'tsx', 'bench/run.ts', ...args])
}

it('names its scenarios', async () => {
  const { stdout } = await bench('--list')
  expect(stdout).toMatch(/^mutation +GraphQL mutation, POST/)
  expect(stdout.trim().split('\n').length).toBeGreaterThan(15)
})

it('refuses a scenario that there is not, and an option that there is not', async () => {
  await expect(bench('--only', 'nothing')).rejects.toMatchObject({ code: 1, stderr: /no scenario nothing/ })
  await expect(bench('--fast')).rejects.toMatchObject({ code: 1, stderr: /Usage: npm run bench/ })
})

await describeOwnKafka('a tiny run', () => {
  it('gives a figure for publishing, replay and fan-out, and keeps no result', { timeout: TIMEOUT }, async () => {
    const only = 'mutation,replay-100,fanout-100'
    const short = ['--rounds', '1', '--seconds', '0.3', '--scale', '0.01', '--no-peers']
    // Ends with 1 where Herald or a limit has no figure: an error, an event too few or too many.
    const { stdout, stderr } = await bench('--only', only, ...short)
    const rows = stdout.trim().split('\n')
    expect(rows[0]).toMatch(/to reach +measured +spread +reached/)
    const labels = ['GraphQL mutation, POST, one document', 'replay, pages of 100', 'fan-out to 100 WebSockets']
    for (const [index, label] of labels.entries()) {
      expect(rows[index + 1]).toMatch(new RegExp(`^${label} +[\\d.]+x +[\\d.]+x +[\\d.]+ to [\\d.]+ +(yes|no)`))
    }
    expect(rows).toHaveLength(1 + labels.length)
    expect(stderr).not.toContain('wrote')
  })
})
