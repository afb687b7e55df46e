/** The console in a real browser, as a person has it: what it asked of others and complained of is written down. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { keepPicture } from '../support/chromium.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

declare global {
  interface Window {
    axe: { run(): Promise<{ violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[] }> }
    violations: string[]
  }
}

export interface ConsolePage {
  readonly page: Page
  /** Addresses of other hosts that it asked for; they lead nowhere. */
  readonly foreign: readonly string[]
  /** Errors on the page, and what its own policy refused it. */
  complaints(): Promise<readonly string[]>
  /** Waits until the connection is in a state. */
  state(state: 'live' | 'waiting' | 'stopped' | 'replaying'): Promise<void>
  /** Publishes by a mutation's form; resolves with what the form answers. */
  publish(mutation: string, values?: Readonly<Record<string, string | readonly string[]>>): Promise<string>
  /** The types of the events that can be seen, newest first. */
  seen(): Promise<string[]>
  /** The ids of all events in the list, oldest first. Pauses it. */
  allIds(): Promise<string[]>
  /** What axe-core finds, and a picture of what it looked at. */
  violations(picture: string): Promise<readonly string[]>
}

/** Opens the console of the gateway at `url`; close its page's context. */
export async function openConsole(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<ConsolePage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options })
  const page = await context.newPage()
  const foreign: string[] = []
  const errors: string[] = []
  await page.route('**/*', (route) => {
    const asked = route.request().url()
    if (asked.startsWith(`${url}/`)) return route.continue()
    foreign.push(asked)
    return route.abort()
  })
  await page.addInitScript(() => {
    window.violations = []
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      window.violations.push(`${violatedDirective} ${blockedURI}`)
    })
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(`${url}/console`)
  const list = page.locator('[role=listbox]')

  return {
    page,
    foreign,
    complaints: async () => [...errors, ...(await page.evaluate(() => window.violations))],
    state: async (state) => void (await page.waitForSelector(`.connection[data-state=${state}]`, { timeout: 30_000 })),
    async publish(mutation, values = {}) {
      const form = page.locator(`form[data-mutation=${mutation}]`)
      for (const [name, value] of Object.entries(values)) {
        const control = form.locator(`#${mutation}-${name}`)
        if (!(await control.isVisible())) await form.locator('summary').click()
        if ((await control.evaluate(({ tagName }) => tagName)) === 'SELECT') await control.selectOption(value as string)
        else await control.fill(value as string)
      }
      const answered = page.waitForResponse((response) => response.request().postData()?.includes(mutation) ?? false)
      await form.getByRole('button').click()
      await answered
      const answer = form.locator('.answer > :not(.quiet)')
      await answer.waitFor()
      return (await answer.textContent()) ?? ''
    },
    seen: () => list.locator('.type').allInnerTexts(),
    async allIds() {
      if (await page.getByRole('button', { name: 'Pause' }).isVisible()) {
        await page.getByRole('button', { name: 'Pause' }).click()
      }
      // Only what can be seen is on the page: the list is read as a person would, screen by screen.
      const ids = await list.evaluate(async (element) => {
        const found = new Map<number, string>()
        for (let top = 0; ; top += 200) {
          element.scrollTop = top
          await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted, 30)))
          for (const option of element.querySelectorAll<HTMLElement>('[role=option][id]')) {
            found.set(Number(option.ariaPosInSet), option.id.replace('event-', ''))
          }
          if (top + element.clientHeight >= element.scrollHeight) break
        }
        return [...found].sort(([a], [b]) => b - a).map(([, id]) => id)
      })
      return ids
    },
    async violations(picture) {
      await keepPicture(page, picture)
      await page.evaluate(AXE)
      const { violations } = await page.evaluate(() => window.axe.run())
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${picture}: ${id} at ${target}: ${failureSummary}`),
      )
    },
  }
}
