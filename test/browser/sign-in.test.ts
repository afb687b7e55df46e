/**
 * A browser that must say who it is: GraphiQL leads to the form, the form back to GraphiQL, where a subscription and an
 * EventSource run by the cookie alone; nothing of it is readable to scripts, and after signing out nothing runs.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask, bearer, makeTokens, temporaryFolder } from '../access/gateway.ts'
import { describeBrowser, keepPicture, startBrowser } from '../support/chromium.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { until } from '../support/kafka.ts'

/** GraphiQL is a page of 9 MB, on a busy machine. */
const PATIENCE_MS = 60_000

describeBrowser('a browser that signs in', () => {
  const folder = temporaryFolder()
  const { tokens, text } = makeTokens({ player: ['publish', 'read'] })
  let herald: Herald
  let browser: Browser
  let page: Page
  const complaints: string[] = []
  beforeAll(async () => {
    herald = await startHerald({ env: { AUTH: 'token', AUTH_TOKENS_FILE: folder.write('tokens', text) } })
    browser = await startBrowser()
    page = await browser.newPage()
    page.setDefaultTimeout(PATIENCE_MS)
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await herald?.stop()
    folder.remove()
  })

  const signIn = async (token: string) => {
    await page.fill('#token', token)
    await page.click('button')
  }
  const metric = async (name: string) => {
    const metrics = await (await fetch(`${herald.url}/metrics`, { headers: bearer(tokens.player) })).text()
    return metrics
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.split(' ')
      .at(-1)
  }

  it('is led to the form, told that a token is wrong, and led back', async () => {
    await page.goto(`${herald.url}/graphql`)
    expect(new URL(page.url()).pathname).toBe('/session')
    expect(await page.title()).toBe('Sign in · Herald')
    await signIn('nonsense')
    await page.waitForSelector('[role=alert]')
    await keepPicture(page, 'sign-in')
    await signIn(tokens.player)
    await page.waitForSelector('.graphiql-execute-button')
    expect(new URL(page.url()).pathname).toBe('/graphql')
    // The first refusal is told by its status, which Chromium notes.
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([])
  }, 120_000)

  it('keeps its cookie from scripts', async () => {
    expect(await page.evaluate(() => document.cookie)).toBe('')
    const [cookie] = await page.context().cookies()
    expect(cookie).toMatchObject({ name: 'herald_session', httpOnly: true, sameSite: 'Strict' })
  })

  it('runs a subscription in GraphiQL', async () => {
    await page.press('.graphiql-tab-button:has-text("Subscribe")', 'Enter')
    await page.waitForFunction(() => new URL(location.href).searchParams.get('query')?.includes('Subscribe'))
    await page.click('.graphiql-execute-button')
    await until('the stream', async () => (await metric('herald_subscribers{transport="ws"}')) === '1')
    const { result } = await ask(herald, 'mutation { buySword { id } }', bearer(tokens.player))
    const { id } = result.data!.buySword as unknown as { id: string }
    await page.waitForFunction(
      (expected) => document.querySelector('.result-window')?.textContent?.includes(expected),
      id,
    )
  }, 120_000)

  it('streams to an EventSource', async () => {
    const type = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const source = new EventSource('/graphql?query=subscription{events(from:EARLIEST){type}}')
          source.addEventListener('next', ({ data }) => {
            source.close()
            resolve(JSON.parse(data).data.events.type)
          })
          source.onerror = () => resolve('refused')
        }),
    )
    expect(type).toBe('purchase_sword')
  })

  it('opens the console', async () => {
    await page.goto(`${herald.url}/console`)
    expect(new URL(page.url()).pathname).toBe('/console')
    await page.waitForSelector('main')
  })

  it('gets nothing any more once it has signed out', async () => {
    await page.goto(`${herald.url}/session`)
    await page.waitForSelector('strong:has-text("player")')
    await page.click('button')
    await page.waitForSelector('#token')
    expect(await page.context().cookies()).toEqual([])
    expect((await page.goto(`${herald.url}/buy_a_sword`))?.status()).toBe(401)
  })
})
