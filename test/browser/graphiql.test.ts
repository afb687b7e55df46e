/** GraphiQL at `/graphql`, in a real browser that reaches nothing else: publish, replay and subscribe as it opens. */
import { execFileSync } from 'node:child_process'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { graphql } from '../generated/index.ts'
import { describeBrowser, keepPicture, startBrowser } from '../support/chromium.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { until } from '../support/kafka.ts'

const MUTATIONS = '{ __type(name: "Mutation") { fields { name description } } }'
const EVENTS = graphql(`query GraphiqlEvents { events { nodes { id type } } }`)
/** A page of 9 MB on a busy machine. */
const PATIENCE_MS = 60_000

describeBrowser('GraphiQL', () => {
  let herald: Herald
  let browser: Browser
  let page: Page
  /** What the page asked of others, and what it complained of. */
  const foreign: string[] = []
  const complaints: string[] = []

  beforeAll(async () => {
    herald = await startHerald()
    browser = await startBrowser()
    page = await browser.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    await page.route('**/*', async (route) => {
      const url = route.request().url()
      if (url.startsWith(`${herald.url}/`)) return route.continue()
      foreign.push(url)
      return route.abort()
    })
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    await page.goto(`${herald.url}/graphql`)
    await page.waitForSelector('.graphiql-execute-button')
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await herald?.stop()
  })

  /** Opens a tab by its name, and runs what is in it. */
  async function run(name: string): Promise<void> {
    // By the keyboard: a tab can be dragged as well, and slips away from under a pointer that jumps.
    await page.press(`.graphiql-tab-button:has-text("${name}")`, 'Enter')
    await page.waitForFunction(
      (text) => document.querySelector('.graphiql-query-editor')?.textContent?.includes(text),
      name,
    )
    // For a moment after a tab was opened GraphiQL still takes the operation of the tab before. Its own address
    // tells when it has taken this one's.
    await page.waitForFunction((text) => new URL(location.href).searchParams.get('query')?.includes(text), name)
    await page.click('.graphiql-execute-button')
  }

  async function subscribers(): Promise<number> {
    const metrics = await (await fetch(`${herald.url}/metrics`)).text()
    return Number(/^herald_subscribers\{transport="ws"\} (\d+)$/m.exec(metrics)?.[1])
  }

  /** Waits until the shown result holds a text. */
  const shows = (text: string) =>
    page.waitForFunction((expected) => document.querySelector('.result-window')?.textContent?.includes(expected), text)

  async function last(): Promise<{ id: string; type: string } | undefined> {
    return (await herald.query(EVENTS)).data?.events.nodes.at(-1)
  }

  it('publishes, replays and streams from the tabs that it opens with', async () => {
    expect(await page.locator('.graphiql-tab-button').allInnerTexts()).toEqual(['Publish', 'Replay', 'Subscribe'])
    await run('Publish')
    await shows('"partition"')
    const published = await last()
    await shows(published!.id)

    await run('Replay')
    await shows('"hasNextPage"')
    await shows(published!.id)

    await run('Subscribe')
    // The stream is open when the gateway counts it.
    await until('the stream', async () => (await subscribers()) === 1)
    execFileSync('curl', ['-sf', `${herald.url}/join_guild/streamed`])
    const streamed = await last()
    expect(streamed?.type).toBe('joined_guild:streamed')
    await shows(streamed!.id)
    await keepPicture(page, 'graphiql-subscribe')
  }, 180_000)

  it('opens again after a reload, with what was edited', async () => {
    expect(page.url()).toContain('query=')
    await page.reload()
    await page.waitForSelector('.graphiql-execute-button')
    await page.waitForFunction(() =>
      document.querySelector('.graphiql-query-editor')?.textContent?.includes('Subscribe'),
    )
  }, 90_000)

  it('explains the schema, each field with its description', async () => {
    await page.click('[aria-label="Show Documentation Explorer"]')
    const docs = page.locator('.graphiql-doc-explorer')
    await docs.locator('a:text-is("Mutation")').click()
    const { data } = (await (await fetch(`${herald.url}/graphql?query=${encodeURIComponent(MUTATIONS)}`)).json()) as {
      data: { __type: { fields: { name: string; description: string }[] } }
    }
    expect(data.__type.fields.length).toBeGreaterThan(2)
    for (const { description } of data.__type.fields) await docs.getByText(description, { exact: true }).waitFor()
    await docs.locator('a:text-is("joinGuild")').click()
    await docs.getByText('guildName').first().waitFor()
    await keepPicture(page, 'graphiql-docs')
  }, 90_000)

  it('asked nothing of any other host, and was refused nothing by its own policy', () => {
    expect(foreign).toEqual([])
    expect(complaints).toEqual([])
  })

  it('may run no script but its own', async () => {
    const { headers } = await fetch(`${herald.url}/graphql`, { headers: { accept: 'text/html' } })
    const policy = headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toMatch(/script-src 'sha256-[\w+/=]+';/)
    expect(policy).not.toContain('unsafe-eval')
    const ran = await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.injected = true'
      document.body.append(script)
      return 'injected' in window
    })
    expect(ran).toBe(false)
  })
})
