/**
 * `npm run pictures [-- --seconds 240 --folder docs/pictures]`: the pictures of the README, taken from the running product in a real browser while players play. Light
 * and dark each, for pages that are read either way. `docs/pictures/architecture.svg` is drawn by hand.
 */
import { cpSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { startBrowser } from '../browser.ts'
import { Terminal } from '../pages/terminal.ts'
import { play } from './players.ts'

const { values } = parseArgs({
  options: {
    // Most of the console's plot, which shows five minutes.
    seconds: { type: 'string', default: '240' },
    folder: { type: 'string', default: 'docs/pictures' },
  },
})
const { seconds, folder } = values
/** A page of 9 MB on a busy machine. */
const PATIENCE_MS = 120_000
const MAX_BYTES = 200_000
const SCHEMES = ['light', 'dark'] as const

interface Picture {
  readonly name: string
  /** Opens the page before the players play. */
  open(page: Page, url: string): Promise<void>
  /** Brings it to where the picture is taken. */
  pose(page: Page): Promise<void>
}

const PICTURES: readonly Picture[] = [
  {
    name: 'console',
    async open(page, url) {
      await page.goto(`${url}/console`)
      await page.waitForSelector('.connection[data-state=live]')
    },
    async pose(page) {
      await page.locator('form[data-mutation=levelUp] summary').click()
      // Before the list stands still: one that comes seldom may not be on it by then, and would never come.
      const trade = page.locator('[role=option]', { hasText: 'made_trade' }).first()
      await trade.waitFor()
      await page.getByRole('button', { name: 'Pause' }).click()
      await trade.click()
    },
  },
  {
    name: 'playground',
    async open(page, url) {
      await page.goto(`${url}/graphql`)
      await page.waitForSelector('.graphiql-execute-button')
    },
    async pose(page) {
      await page.press('.graphiql-tab-button:has-text("Replay")', 'Enter')
      await page.waitForFunction(() => new URL(location.href).searchParams.get('query')?.includes('Replay'))
      await page.click('.graphiql-execute-button')
      await page.waitForFunction(() => document.querySelector('.result-window')?.textContent?.includes('"nodes"'))
      await page.click('[aria-label="Show Documentation Explorer"]')
      await page.click('.graphiql-doc-explorer a:text-is("Mutation")')
    },
  },
]

const terminal = await Terminal.open()
const stop = new AbortController()
const browser = await startBrowser()
try {
  cpSync('tools/pictures/world.graphql', join(terminal.folder, 'schema/world.graphql'))
  await terminal.start('npm start', (output) => output.includes('Herald serves'))
  const url = `http://127.0.0.1:${terminal.port}`
  const opened = []
  for (const picture of PICTURES) {
    for (const scheme of SCHEMES) opened.push({ picture, scheme, page: await open(picture, scheme, url) })
  }
  const playing = play(url, stop.signal)
  await delay(Number(seconds) * 1_000)
  mkdirSync(folder, { recursive: true })
  for (const { picture, scheme, page } of opened) {
    await picture.pose(page)
    // What fades in is there, what is hovered over is left.
    await page.mouse.move(1, 1)
    await delay(1_000)
    await take(page, join(folder, `${picture.name}-${scheme}.png`))
  }
  stop.abort()
  await playing
} finally {
  stop.abort()
  await browser.close()
  await terminal.close()
}

async function open({ open }: Picture, colorScheme: 'light' | 'dark', url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  await open(page, url)
  return page
}

async function take(page: Page, path: string): Promise<void> {
  await page.screenshot({ path })
  const { size } = statSync(path)
  console.log(`${path}: ${Math.ceil(size / 1_000)} kB`)
  if (size > MAX_BYTES) throw new Error(`${path} is larger than ${MAX_BYTES / 1_000} kB`)
}
