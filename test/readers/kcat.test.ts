/** The seed's kcat command shows what it showed: the events as lines of JSON, with no knowledge of Herald. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { describeKafka, kafkaAddress } from '../support/kafka.ts'
import { EVENT_TYPES, playSeed } from './seed.ts'

const run = promisify(execFile)

describeKafka("the seed's kcat command", () => {
  it('prints the events of the simple API as the seed did, and those of the complex one with the same keys', async () => {
    const topic = `seed-${randomUUID()}`
    await playSeed(topic, 'simple')
    const simple = await seedCommand(topic)
    expect(simple.lines).toEqual(EVENT_TYPES.map((type) => `{"event_type": "${type}"}`))
    expect(simple.notice).toContain(`% Reached end of topic ${topic} [0] at offset 3: exiting`)

    const host = await playSeed(topic, 'complex')
    const both = await seedCommand(topic)
    expect(both.lines.slice(0, 3)).toEqual(simple.lines)
    expect(both.lines.slice(3).map((line) => JSON.parse(line))).toEqual(
      EVENT_TYPES.map((event_type) => ({ Host: host, event_type, Accept: '*/*', 'User-Agent': expect.any(String) })),
    )
    const { stdout: version } = await run('curl', ['--version'])
    const [, number] = /^curl ([\d.]+)/.exec(version)!
    // Python's json.dumps puts a space behind each colon and comma; the old lines and the new are of one form.
    expect(both.lines[3]).toContain(`"User-Agent": "curl/${number}", "Accept": "*/*"`)
    expect(both.notice).toContain(`% Reached end of topic ${topic} [0] at offset 6: exiting`)
  })
})

async function seedCommand(topic: string): Promise<{ lines: string[]; notice: string }> {
  const { stdout, stderr } = await run('kcat', ['-C', '-b', kafkaAddress(), '-t', topic, '-o', 'beginning', '-e'])
  return { lines: stdout.trimEnd().split('\n'), notice: stderr }
}
