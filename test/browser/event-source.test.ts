/** A browser's plain EventSource on a page of our own: it comes back over restarts by itself and loses nothing. */
import { once } from 'node:events'
import { print } from 'graphql'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { graphql } from '../generated/index.ts'
import { describeBrowser, startBrowser } from '../support/chromium.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { until } from '../support/kafka.ts'
import { joinAll } from '../support/publish.ts'

const STREAM = graphql(`subscription EventSourceStream { events { id } }`)
const REPLAY = graphql(`subscription EventSourceReplay { events(from: EARLIEST, until: END) { id } }`)

/** What the page keeps of its stream. */
interface Watched {
  readonly ids: string[]
  readonly completes: number
  readonly opens: number
  readonly state: number
}

declare global {
  interface Window {
    watched: Watched
  }
}

describeBrowser('an EventSource', () => {
  let browser: Browser
  let first: Herald
  let herald: Herald
  beforeAll(async () => {
    browser = await startBrowser()
    first = await startHerald()
    herald = first
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await herald?.stop()
    await first?.stop()
  })

  async function watch(query: string) {
    const page = await browser.newPage()
    await page.goto(`${herald.url}/livez`)
    await page.evaluate((query) => {
      const source = new EventSource(`/graphql?query=${encodeURIComponent(query)}`)
      const watched = { ids: [] as string[], completes: 0, opens: 0, state: 0 }
      window.watched = watched
      source.addEventListener('next', ({ data }) => watched.ids.push(JSON.parse(data).data.events.id))
      source.addEventListener('complete', () => watched.completes++)
      source.onopen = () => watched.opens++
      setInterval(() => {
        watched.state = source.readyState
      }, 10)
    }, query)
    return { page, watched: () => page.evaluate(() => window.watched) }
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'comes back over a restart by %s and loses nothing',
    async (signal) => {
      const { page, watched } = await watch(print(STREAM))
      await until('the stream to open', async () => (await watched()).opens === 1)
      const published = await joinAll(herald, ['a', 'b', 'c'])
      herald.process.kill(signal)
      // Whatever the browser has by now; it is told the rest when it comes back.
      await once(herald.process, 'exit')
      herald = await startHerald({ dataDir: first.dataDir, env: { PORT: String(first.port) } })
      published.push(...(await joinAll(herald, ['d', 'e'])))
      await until('all events', async () => (await watched()).ids.length >= published.length)
      published.push(...(await joinAll(herald, ['f'])))
      await until('the live event', async () => (await watched()).ids.length >= published.length)
      const { ids, completes, opens } = await watched()
      expect(new Set(ids)).toEqual(new Set(published.map(({ id }) => id)))
      expect(ids).toHaveLength(published.length)
      expect(completes).toBe(0)
      expect(opens).toBeGreaterThan(1)
      await page.close()
    },
    120_000,
  )

  it('that is to end at the end comes back once and is stopped by 204', async () => {
    const { page, watched } = await watch(print(REPLAY))
    await until('the stream to be closed for good', async () => (await watched()).state === 2)
    const { ids, completes } = await watched()
    expect(completes).toBe(1)
    expect(new Set(ids).size).toBe(ids.length)
    await page.close()
  }, 60_000)
})
