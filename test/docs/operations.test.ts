/** docs/operations.md, done as it says, on a Kafka and with a collector of traces that are on this machine. */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { blocksOf } from '../../tools/pages/blocks.ts'
import { makeTokens, temporaryFolder } from '../access/gateway.ts'
import { makeAuthority } from '../support/certificates.ts'
import { createTopic, until } from '../support/kafka.ts'
import { readPage } from '../support/page.ts'

const PAGE = 'docs/operations.md'

const folder = temporaryFolder()
const received: string[] = []
let collector: Server
beforeAll(async () => {
  folder.write('tokens', makeTokens({ reader: ['read'] }).text)
  collector = createServer((request, response) => {
    received.push(request.url ?? '')
    request.resume()
    response.end()
  }).listen(0, '127.0.0.1')
  await once(collector, 'listening')
})
afterAll(() => {
  collector.close()
  folder.remove()
})

readPage(
  PAGE,
  async () => {
    const { bootstrap } = inject('kafka')
    return {
      replace: {
        '/etc/herald/': `${folder.path}/`,
        'http://collector:4318': `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
        ...(bootstrap !== null && {
          'kafka-1:9092,kafka-2:9092': bootstrap,
          'KAFKA_TOPIC=events': `KAFKA_TOPIC=${await createTopic()}`,
        }),
      },
    }
  },
  async ({ text }, { port }) => {
    const url = `http://127.0.0.1:${port}`
    if (text.includes('kafka-1')) {
      // With several workers it is the one that answers: each reaches Kafka for itself.
      await until('the gateway is ready', async () => (await fetch(`${url}/readyz`)).status === 200)
      expect((await fetch(`${url}/buy_a_sword`)).status).toBe(401)
    }
    if (text.includes('OTEL_')) {
      await fetch(`${url}/buy_a_sword`)
      await until('the collector has a span', async () => received.includes('/v1/traces'))
    }
  },
)

it.each(blocksOf(readFileSync(PAGE, 'utf8')).filter(({ language }) => language === 'env'))(
  'gives variables that Herald takes, by line $line',
  async ({ text }) => {
    const authority = await makeAuthority(folder.path, 'ca')
    await authority.sign('herald', 'DNS:herald')
    writeFileSync(join(folder.path, 'kafka'), 'secret\n')
    const here = text.replaceAll('/etc/herald/', `${folder.path}/`).replaceAll('/run/secrets/', `${folder.path}/`)
    const env = Object.fromEntries([...here.matchAll(/^(\w+)=(\S+)/gm)].map(([, name, value]) => [name, value]))
    const { tls, sasl } = readConfig({ KAFKA_BROKERS: 'kafka:9092', ...env }).kafkaSecurity
    expect(tls ?? sasl).not.toBeNull()
  },
)
