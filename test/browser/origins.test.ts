/** Pages of other origins in a real browser: none of them publishes, reads or streams, rebound names included. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { graphql } from '../generated/index.ts'
import { describeBrowser, startBrowser, startSite } from '../support/chromium.ts'
import { type Herald, startHerald } from '../support/herald.ts'

const END = graphql(`query OriginsEnd { partitions { end } }`)

/** What a page can do to a gateway, by the URL of its `/graphql`; each gives 'refused', or what it got. */
const WAYS: { readonly [way: string]: (url: string) => Promise<string> } = {
  'a POST': async (url) => {
    const body = JSON.stringify({ query: 'mutation { buySword { id } }' })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, { method: 'POST', headers, body }).catch(() => null)
    return response?.ok ? await response.text() : 'refused'
  },
  'a POST without preflight': async (url) => {
    const body = JSON.stringify({ query: 'mutation { buySword { id } }' })
    const response = await fetch(url, { method: 'POST', mode: 'no-cors', body }).catch(() => null)
    return response?.ok ? await response.text() : 'refused'
  },
  'a GET': async (url) => {
    const response = await fetch(`${url}?query={events{end}}`).catch(() => null)
    return response?.ok ? await response.text() : 'refused'
  },
  'a form': (url) =>
    new Promise((resolve) => {
      const frame = document.createElement('iframe')
      frame.name = 'target'
      const form = document.createElement('form')
      Object.assign(form, { action: url, method: 'post', enctype: 'text/plain', target: 'target' })
      const input = document.createElement('input')
      input.name = '{"query":"mutation { buySword { id } }","x":"'
      input.value = '"}'
      form.append(input)
      document.body.append(frame, form)
      frame.onload = () => {
        // The first page of a frame is an empty one; one of another origin cannot be seen from here.
        if (frame.contentDocument?.URL !== 'about:blank') resolve('refused')
      }
      form.submit()
    }),
  'a REST path': async (url) => {
    const response = await fetch(url.replace('graphql', 'buy_a_sword')).catch(() => null)
    return response?.ok ? await response.text() : 'refused'
  },
  'an image': (url) =>
    new Promise((resolve) => {
      const image = new Image()
      // No answer of ours is an image: what counts is that nothing is published.
      image.onerror = () => resolve('refused')
      image.src = url.replace('graphql', 'buy_a_sword')
    }),
  'an EventSource': (url) =>
    new Promise((resolve) => {
      const source = new EventSource(`${url}?query=subscription{events(from:EARLIEST,until:END){id}}`)
      source.onopen = () => resolve('opened')
      source.onerror = () => resolve('refused')
    }),
  'a WebSocket': (url) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws')
      socket.onopen = () => resolve('opened')
      socket.onerror = () => resolve('refused')
    }),
}

describeBrowser('a page', () => {
  let herald: Herald
  let browser: Browser
  let site: Awaited<ReturnType<typeof startSite>>
  beforeAll(async () => {
    site = await startSite()
    herald = await startHerald({ env: { ALLOWED_ORIGINS: `http://friend.example:${site.port}` } })
    browser = await startBrowser(['evil.example', 'friend.example'])
    expect(await (await fetch(`${herald.url}/buy_a_sword`)).text()).toContain('Sword')
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await herald?.stop()
    await site?.close()
  })

  async function pageAt(url: string): Promise<Page> {
    const page = await browser.newPage()
    await page.goto(url)
    return page
  }

  it.each(Object.keys(WAYS))('of another origin is refused: %s', async (way) => {
    const before = (await herald.query(END)).data
    for (const host of ['evil.example', 'localhost', '127.0.0.1']) {
      const page = await pageAt(`http://${host}:${site.port}/`)
      expect(await page.evaluate(WAYS[way]!, `${herald.url}/graphql`)).toBe('refused')
      await page.close()
    }
    expect((await herald.query(END)).data).toEqual(before)
  })

  it.each(Object.keys(WAYS))('of a name rebound to this machine is refused: %s', async (way) => {
    const before = (await herald.query(END)).data
    // To the browser this is the gateway's own origin; any answer of the gateway is a page of it.
    const page = await pageAt(`http://evil.example:${herald.port}/livez`)
    expect(await page.evaluate(WAYS[way]!, `http://evil.example:${herald.port}/graphql`)).toBe('refused')
    await page.close()
    expect((await herald.query(END)).data).toEqual(before)
  })

  it.each(['a POST', 'a GET', 'an EventSource', 'a WebSocket'])('of an allowed origin is served: %s', async (way) => {
    const page = await pageAt(`http://friend.example:${site.port}/`)
    expect(await page.evaluate(WAYS[way]!, `${herald.url}/graphql`)).not.toBe('refused')
    await page.close()
  })

  it('of another origin cannot show GraphiQL in a frame', async () => {
    const page = await pageAt(`http://evil.example:${site.port}/`)
    const refusal = page.waitForEvent('console', (message) => /frame/i.test(message.text()))
    await page.evaluate((url) => {
      const frame = document.createElement('iframe')
      frame.src = url
      document.body.append(frame)
    }, `${herald.url}/graphql`)
    expect((await refusal).text()).toContain('blocked')
    await page.close()
  })
})
