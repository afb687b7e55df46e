/** examples/event-source.html in a real Chromium, served as its first lines say, by another origin than the gateway's. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeBrowser, startBrowser } from '../support/chromium.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { join, joinAll } from '../support/publish.ts'

describeBrowser('the page with an EventSource', () => {
  const dataDir = mkdtempSync(joinPath(tmpdir(), 'herald-examples-'))
  const site = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    response.end(readFileSync('examples/event-source.html'))
  })
  let browser: Browser
  let herald: Herald
  let origin: string

  beforeAll(async () => {
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
    browser = await startBrowser()
    herald = await startHerald({ dataDir, env: { ALLOWED_ORIGINS: origin } })
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await herald?.stop()
    site.close()
    rmSync(dataDir, { recursive: true })
  })

  it('shows what happens and publishes; a restart before the first event loses nothing either', async () => {
    await join(herald, 'before')
    const page = await browser.newPage()
    await page.goto(`${origin}/event-source.html?herald=${herald.url}`)
    const state = page.locator('output')
    await expect.poll(() => state.textContent()).toBe('connected')

    await herald.stop('SIGKILL')
    herald = await startHerald({ dataDir, env: { ALLOWED_ORIGINS: origin, PORT: String(herald.port) } })
    await joinAll(herald, ['while_away'])
    const shown = () => page.locator('li').allTextContents()
    await expect.poll(shown, { timeout: 20_000 }).toEqual(['1 joined_guild:while_away'])
    await page.getByRole('button').click()
    await expect.poll(shown).toEqual(['1 joined_guild:while_away', '2 joined_guild:browser'])
    await page.close()
  }, 60_000)

  it('is refused where ALLOWED_ORIGINS does not name it', async () => {
    const strict = await startHerald()
    try {
      const page = await browser.newPage()
      await page.goto(`${origin}/event-source.html?herald=${strict.url}`)
      await expect.poll(() => page.locator('output').textContent()).toBe('refused for good')
      await page.close()
    } finally {
      await strict.stop()
    }
  }, 60_000)
})
