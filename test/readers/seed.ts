/**
 * The session that the seed application's users know, played against Herald: its three curl commands, first as
 * the simple API answered them (the event alone), then as the complex one did (with the request's headers).
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { startHerald } from '../support/herald.ts'
import { kafkaAddress } from '../support/kafka.ts'

const run = promisify(execFile)

const COMMANDS = [
  ['/', '\nThis is the default response!\n'],
  ['/buy_a_sword', '\nSword Purchased!\n'],
  ['/join_guild/test_guild1', '\nJoined the Guild: test_guild1\n'],
] as const

/** What the three commands leave in the topic, in order. */
export const EVENT_TYPES = ['default', 'purchase_sword', 'joined_guild:test_guild1'] as const

/**
 * Starts Herald on the topic (it makes it, if it is missing), runs the commands with curl, and stops it. Returns the
 * `Host` that curl sent.
 */
export async function playSeed(topic: string, api: 'simple' | 'complex'): Promise<string> {
  const herald = await startHerald({
    env: { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: topic, ENRICH_HEADERS: String(api === 'complex') },
  })
  try {
    const host = `localhost:${herald.port}`
    for (const [path, reply] of COMMANDS) {
      // -4: localhost may be ::1 first, where Herald does not listen.
      const { stdout } = await run('curl', ['-4', '-fsS', `http://${host}${path}`])
      expect(stdout).toBe(reply)
    }
    return host
  } finally {
    await herald.stop()
  }
}
