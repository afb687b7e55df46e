/**
 * The seed's Flask application and Herald side by side on one Kafka, each with its own topic: what scripts know of
 * the old application holds of the new one, but for the table of differences that is printed at the end.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Herald, startHerald } from '../support/herald.ts'
import { createTopic, describeKafka, kafkaAddress } from '../support/kafka.ts'
import { DIFFERENCES, type DifferenceName, EVERYWHERE } from './differences.ts'
import { type FlaskApp, startFlask, whyNoFlask } from './flask-app.ts'
import { CASES, type Case } from './requests.ts'
import { compare, type Difference } from './side-by-side.ts'

const reason = whyNoFlask
if (reason !== null && process.env.CI === 'true') throw new Error(reason)

const names = Object.keys(DIFFERENCES) as DifferenceName[]

function suite(): void {
  let flask: FlaskApp
  let herald: Herald
  let found: Map<Case, Difference[]>

  beforeAll(async () => {
    const [flaskTopic, heraldTopic] = [await createTopic(), await createTopic()]
    flask = await startFlask(kafkaAddress(), flaskTopic)
    herald = await startHerald({ env: { KAFKA_BROKERS: kafkaAddress(), KAFKA_TOPIC: heraldTopic } })
    found = await compare(CASES, { port: flask.port, topic: flaskTopic }, { port: herald.port, topic: heraldTopic })
  }, 300_000)

  afterAll(async () => {
    await Promise.all([flask?.stop(), herald?.stop()])
  })

  it('differs from Flask in nothing but what is wanted', () => {
    const unwanted = [...found].flatMap(([{ name, wanted }, differences]) =>
      differences
        .filter((difference) => !EVERYWHERE.explains(difference))
        .filter((difference) => !wanted.some((row) => DIFFERENCES[row].explains(difference)))
        .map(({ what, flask, herald }) => ({ case: name, what, flask, herald })),
    )
    expect(unwanted).toEqual([])
  })

  it('differs as it is meant to', () => {
    const missing = [...found].flatMap(([{ name, wanted }, differences]) =>
      wanted.filter((row) => !differences.some(DIFFERENCES[row].explains)).map((row) => `${name}: ${row}`),
    )
    expect(missing).toEqual([])
    expect(names.filter((row) => !CASES.some(({ wanted }) => wanted.includes(row)))).toEqual([])
  })

  it('tells what is wanted', () => {
    const requests = CASES.reduce((sum, each) => sum + each.requests.length, 0)
    const rows = names.map((name) => {
      const count = CASES.filter(({ wanted }) => wanted.includes(name)).length
      return `  ${name} (${count} cases): ${DIFFERENCES[name].reason}`
    })
    console.log(
      [`${requests} requests to Flask and to Herald. Wanted differences:`, `  everywhere: ${EVERYWHERE.reason}`]
        .concat(rows)
        .join('\n'),
    )
    expect(requests).toBeGreaterThan(150)
    expect(herald.stderr()).toBe('')
  })
}

if (reason === null) describeKafka("Herald beside the seed's Flask application", suite)
else describe.skip(`Herald beside the seed's Flask application (skipped: ${reason})`, suite)
