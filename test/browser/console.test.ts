/** The console at `/console` in a real browser that reaches nothing else, against the running product. */
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTokens, temporaryFolder } from '../access/gateway.ts'
import { graphql } from '../generated/index.ts'
import { describeBrowser, startBrowser } from '../support/chromium.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { until } from '../support/kafka.ts'
import { joinAll } from '../support/publish.ts'
import { type ConsolePage, openConsole } from './console-page.ts'

const EVENTS = graphql(`query ConsoleTestEvents { events(first: 10000) { nodes { id type timestamp } } }`)
const LAST = graphql(`query ConsoleTestLast {
  events(last: 1) { nodes { id type cursor record { offset } headers { name value } } }
}`)

let browser: Browser

async function ids(herald: Herald): Promise<string[]> {
  return (await herald.query(EVENTS)).data!.events.nodes.map(({ id }) => id)
}

describeBrowser('the console', () => {
  beforeAll(async () => {
    browser = await startBrowser()
  }, 60_000)
  afterAll(() => browser?.close())

  describe('of the game', () => {
    let herald: Herald
    let console: ConsolePage
    beforeAll(async () => {
      herald = await startHerald()
      console = await openConsole(browser, herald.url)
    }, 60_000)
    afterAll(async () => {
      await console?.page.context().close()
      await herald?.stop()
    })

    it('says what to do while there is nothing', async () => {
      await console.state('live')
      await console.page.getByText('No events yet.').waitFor()
      await console.page.getByText('and it shows up here as soon as the log has it').waitFor()
      expect(await console.violations('console-empty')).toEqual([])
    })

    it('publishes by a button and by a form, and shows the place and the event at once', async () => {
      expect(await console.publish('buySword')).toMatch(
        /^Acknowledged in \d+ ms: purchase_sword at partition 0, offset 0$/,
      )
      expect(await console.publish('joinGuild', { guildName: 'red_foxes' })).toContain('partition 0, offset 1')
      await console.page.locator('.type', { hasText: 'joined_guild:red_foxes' }).waitFor()
      expect(await console.seen()).toEqual(['joined_guild:red_foxes', 'purchase_sword'])
      expect((await herald.query(EVENTS)).data?.events.nodes.map(({ type }) => type)).toEqual([
        'purchase_sword',
        'joined_guild:red_foxes',
      ])
    })

    it('asks for what is required', async () => {
      const field = console.page.locator('#joinGuild-guildName')
      await field.fill('')
      await console.page.getByRole('button', { name: 'Join guild' }).click()
      expect(await field.evaluate((input) => (input as HTMLInputElement).validity.valueMissing)).toBe(true)
      expect(await ids(herald)).toHaveLength(2)
    })

    it('pauses: the list stands still, counts what is new, and goes on', async () => {
      const { page } = console
      await page.getByRole('button', { name: 'Pause' }).click()
      await joinAll(herald, ['while_paused'])
      await page.getByText('1 new event', { exact: false }).waitFor()
      expect(await console.seen()).toHaveLength(2)
      await page.getByRole('button', { name: 'Resume' }).click()
      await page.locator('.type', { hasText: 'while_paused' }).waitFor()
    })

    it('filters by kind and by the beginning of the type', async () => {
      const { page } = console
      const shown = (types: string[]) => until(`only ${types}`, async () => `${await console.seen()}` === `${types}`)
      await page.getByRole('button', { name: 'GuildJoined' }).click()
      await shown(['purchase_sword'])
      await page.getByRole('button', { name: 'GuildJoined' }).click()
      await page.getByLabel('Type begins with').fill('joined_guild:while')
      await shown(['joined_guild:while_paused'])
      await page.getByLabel('Type begins with').fill('nothing begins so')
      await page.getByRole('button', { name: 'Show all' }).click()
      await shown(['joined_guild:while_paused', 'joined_guild:red_foxes', 'purchase_sword'])
    })

    it('opens an event with its fields, headers, record and cursor, by pointer and by keyboard', async () => {
      const { page } = console
      const details = page.getByRole('complementary', { name: 'Event' })
      await page.locator('[role=option]').first().click()
      const last = (await herald.query(LAST)).data!.events.nodes[0]!
      const text = await details.textContent()
      for (const expected of ['guildName', 'while_paused', last.id, last.cursor]) expect(text).toContain(expected)
      const host = last.headers.find(({ name }) => name === 'Host')!
      expect(text).toContain(host.value)
      expect(await console.violations('console-opened')).toEqual([])
      await page.keyboard.press('ArrowDown')
      await details.getByText('red_foxes', { exact: true }).waitFor()
      await page.keyboard.press('End')
      await details.getByRole('heading', { name: 'purchase_sword' }).waitFor()
      const active = await page.getByRole('listbox').getAttribute('aria-activedescendant')
      expect(await page.locator(`[id="${active}"]`).getAttribute('aria-selected')).toBe('true')
      await page.keyboard.press('Escape')
      await details.waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Resume' }).click()
    })

    it('plots events per second by type, and says it in words', async () => {
      const { page } = console
      await joinAll(
        herald,
        Array.from({ length: 40 }, (_, index) => `plotted_${index}`),
      )
      const plot = page.getByRole('img', { name: /Now: .*GuildJoined \d/ })
      await plot.waitFor()
      await until('the colour of the kind on the canvas', () =>
        plot.locator('canvas').evaluate((element) => {
          const canvas = element as HTMLCanvasElement
          const colour = getComputedStyle(canvas).getPropertyValue('--kind-2').trim()
          const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
          const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
          for (let at = 0; at < data.length; at += 4) {
            if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) return true
          }
          return false
        }),
      )
    })

    it('shows the partitions, their ends and rates', async () => {
      const end = (await herald.query(EVENTS)).data!.events.nodes.length
      const row = console.page.getByRole('row', { name: `0 0 ${end}` })
      await row.waitFor()
      await until('a rate', async () => /\d\s*$/.test((await row.textContent()) ?? ''))
    })

    it('replays from a time, and goes back to the present', async () => {
      const { page } = console
      await page.getByRole('combobox', { name: 'Replay from' }).selectOption('time')
      await page.getByLabel('Time to replay from').fill('2020-01-01T00:00:00')
      await page.getByRole('button', { name: 'Replay' }).click()
      const all = await ids(herald)
      await page.getByText(`Replayed ${all.length} events`, { exact: false }).waitFor()
      await console.state('live')
      expect(await console.allIds()).toEqual(all)
      await page.getByRole('button', { name: 'Leave the replay' }).click()
      await page.locator('.progress').waitFor({ state: 'detached' })
      expect(await console.allIds()).toEqual(all)
      await page.getByRole('button', { name: 'Resume' }).click()
    })

    it('replays many events with a progress bar, keeps a bounded part of them, and goes on answering', async () => {
      const { page } = console
      const many = 10_500
      const fields = Array.from({ length: 50 }, (_, index) => `e${index}: buySword { id }`).join(' ')
      const body = JSON.stringify({ query: `mutation { ${fields} }` })
      const headers = { 'content-type': 'application/json' }
      for (let sent = 0; sent < many; sent += 500) {
        const requests = Array.from({ length: 10 }, () =>
          fetch(`${herald.url}/graphql`, { method: 'POST', headers, body }),
        )
        for (const response of await Promise.all(requests)) expect(response.status).toBe(200)
      }
      const { record } = (await herald.query(LAST)).data!.events.nodes[0]!
      const count = (Number(record.offset) + 1).toLocaleString('en')
      await page.getByRole('combobox', { name: 'Replay from' }).selectOption('beginning')
      // Every value that the bar has had.
      await page.evaluate(() => {
        const values: number[] = []
        Object.assign(window, { values })
        new MutationObserver(() => {
          const { value } = document.querySelector('progress') ?? {}
          if (value !== undefined && values.at(-1) !== value) values.push(value)
        }).observe(document.body, { subtree: true, childList: true, attributes: true })
      })
      await page.getByRole('button', { name: 'Replay', exact: true }).click()
      await page.getByText(`Replayed ${count} events`, { exact: false }).waitFor({ timeout: 60_000 })
      const values = await page.evaluate(() => (window as unknown as { values: number[] }).values)
      expect(values.at(-1)).toBe(1)
      expect(values).toEqual([...values].sort((a, b) => a - b))
      expect(values.some((value) => value > 0 && value < 1)).toBe(true)
      expect(Number(await page.locator('[role=option]').first().getAttribute('aria-setsize'))).toBeLessThanOrEqual(
        12_000,
      )
      expect(await page.locator('[role=option]').count()).toBeLessThan(100)
      await page.getByText('replay to read older ones', { exact: false }).waitFor()
      expect(await console.publish('default')).toContain('Acknowledged')
      await page.locator('.type', { hasText: 'default' }).first().waitFor()
      expect(await console.violations('console-replayed')).toEqual([])
    }, 120_000)

    it('asked nothing of another host, and was refused nothing by its own policy', async () => {
      expect(console.foreign).toEqual([])
      expect(await console.complaints()).toEqual([])
    })

    it.each([
      ['dark', { colorScheme: 'dark' }],
      ['360 px wide', { viewport: { width: 360, height: 740 } }],
      ['dark and 360 px wide', { colorScheme: 'dark', viewport: { width: 360, height: 740 } }],
    ] as const)('is usable by all when %s', async (name, options) => {
      const other = await openConsole(browser, herald.url, options)
      await other.state('live')
      await other.page.getByText('The log has older ones', { exact: false }).waitFor()
      await other.page.locator('[role=option]').first().click()
      expect(await other.violations(`console-${name.replaceAll(' ', '-')}`)).toEqual([])
      const [page, screen] = await other.page.evaluate(() => [document.body.scrollWidth, innerWidth])
      expect(page).toBeLessThanOrEqual(screen!)
      expect([...other.foreign, ...(await other.complaints())]).toEqual([])
      await other.page.context().close()
    })
  })

  it('comes back after the gateway was killed under it: nothing lost, nothing doubled, and says so', async () => {
    const first = await startHerald()
    let herald = first
    const env = { PORT: String(first.port) }
    const console = await openConsole(browser, herald.url)
    try {
      await console.state('live')
      await joinAll(herald, ['a', 'b', 'c'])
      herald.process.kill('SIGKILL')
      await once(herald.process, 'exit')
      await console.state('waiting')
      await console.page.getByText(/Reconnecting after cursor \S+…/).waitFor()
      expect(await console.violations('console-reconnecting')).toEqual([])
      herald = await startHerald({ dataDir: first.dataDir, env })
      await joinAll(herald, ['d', 'e'])
      await console.page.locator('.note.is-good', { hasText: 'Resumed after cursor' }).waitFor({ timeout: 30_000 })
      await joinAll(herald, ['f'])
      await console.page.locator('.type', { hasText: 'joined_guild:f' }).waitFor()

      // A stop that lets it go, and a second time: it still goes on from its own place.
      herald.process.kill('SIGTERM')
      await once(herald.process, 'exit')
      await console.state('waiting')
      herald = await startHerald({ dataDir: first.dataDir, env })
      await joinAll(herald, ['g'])
      await console.page.locator('.type', { hasText: 'joined_guild:g' }).waitFor({ timeout: 30_000 })
      await console.state('live')
      await console.page
        .getByText('nothing lost, nothing doubled')
        .or(console.page.getByText('Nothing happened meanwhile'))
        .waitFor()
      expect(await console.violations('console-resumed')).toEqual([])
      expect(await console.allIds()).toEqual(await ids(herald))
      expect(await console.page.locator('.notice').allInnerTexts()).toEqual([
        expect.stringMatching(/^Resumed after cursor/),
        expect.stringMatching(/^Connection lost/),
        expect.stringMatching(/^Resumed after cursor/),
        expect.stringMatching(/^Connection lost/),
      ])
    } finally {
      await console.page.context().close()
      await herald.stop()
      await first.stop()
    }
  }, 120_000)

  it('makes a form for every kind of argument, and shows fields of one name and two types', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-test-'))
    cpSync('schema', folder, { recursive: true })
    cpSync('tools/pictures/world.graphql', join(folder, 'world.graphql'))
    cpSync('test/browser/console-kinds.graphql', join(folder, 'kinds.graphql'))
    const herald = await startHerald({ env: { SCHEMA_DIR: folder } })
    const console = await openConsole(browser, herald.url)
    try {
      await console.state('live')
      expect(await console.publish('levelUp', { hero: 'aria', level: '7', calling: 'MAGE' })).toContain(
        'leveled_up:aria',
      )
      await console.publish('makeTrade', { buyer: 'borin', items: 'iron sword\nmap, of the north', gold: '12.5' })
      await console.publish('paint', {
        level: 'high',
        colors: ['RED', 'BLUE'],
        isDry: 'false',
        at: '2026-11-24T12:00:00.250',
      })
      const at = new Date('2026-11-24T12:00:00.250').toISOString()
      const query = `{ events { nodes {
        ... on LeveledUp { hero number: level calling }
        ... on TradeMade { buyer items gold }
        ... on Painted { level colors isDry at note }
      } } }`
      const answer = await fetch(`${herald.url}/graphql?query=${encodeURIComponent(query)}`)
      expect(await answer.json()).toEqual({
        data: {
          events: {
            nodes: [
              { hero: 'aria', number: 7, calling: 'MAGE' },
              { buyer: 'borin', items: ['iron sword', 'map, of the north'], gold: 12.5 },
              { level: 'high', colors: ['RED', 'BLUE'], isDry: false, at, note: null },
            ],
          },
        },
      })
      const own = console.page.locator('.own')
      await own.filter({ hasText: 'level high' }).waitFor()
      await own.filter({ hasText: 'level 7' }).waitFor()
      expect(await console.publish('levelUp', { hero: 'aria', level: '99999999999' })).toContain('Int')
      expect(await console.violations('console-forms')).toEqual([])
      expect(await console.complaints()).toEqual([])
    } finally {
      await console.page.context().close()
      await herald.stop()
      rmSync(folder, { recursive: true })
    }
  }, 90_000)

  it('leads to the sign-in where the page is open to everyone and the events are not', async () => {
    const folder = temporaryFolder()
    const { text } = makeTokens({ reader: ['reader'] })
    const herald = await startHerald({
      env: { AUTH: 'token', AUTH_TOKENS_FILE: folder.write('tokens.json', text), CONSOLE_ACCESS: 'open' },
    })
    const console = await openConsole(browser, herald.url)
    try {
      await console.page.getByText('You are not signed in.').waitFor()
      expect(await console.page.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe('/session')
      expect(await console.violations('console-signed-out')).toEqual([])
    } finally {
      await console.page.context().close()
      await herald.stop()
      folder.remove()
    }
  }, 60_000)
})
