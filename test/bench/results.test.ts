/** What a run prints and leaves: the table, the page, the picture. */
import { describe, expect, it } from 'vitest'
import { picture } from '../../bench/picture.ts'
import { resultsPage } from '../../bench/results.ts'
import { linesOf, markdownTable, textTable } from '../../bench/table.ts'
import { first, mutation } from './outcomes.ts'

const outcomes = [mutation, first]

describe('the table', () => {
  it('says of each row what is to be reached, what was, how far it spread, and what the others have', () => {
    expect(linesOf(outcomes)).toEqual([
      {
        label: 'a mutation',
        toReach: '1.20x',
        measured: '1.18x',
        spread: '1.10 to 1.25',
        reached: true,
        peers: 'limit again 1.00x, a peer 4.00x, one that did not start: no figure',
      },
      {
        label: 'first subscriber live',
        toReach: '50.0 ms',
        measured: '41.1 ms',
        spread: '12.3 to 70.0',
        reached: true,
        peers: 'late | group 3210 ms',
      },
    ])
  })

  it('is one line a row', () => {
    const lines = textTable(linesOf(outcomes)).split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toMatch(/^a mutation {2,}1\.20x {2,}1\.18x {2,}1\.10 to 1\.25 {2,}yes {2,}limit again/)
  })

  it('does not let a bar in a name begin a cell', () => {
    expect(markdownTable(linesOf(outcomes))).toContain('| late \\| group 3210 ms |')
  })
})

describe('the page', () => {
  const about = [['processor', 'one | two']] as const
  const page = resultsPage(outcomes, { about, date: new Date('2026-11-25'), rounds: 3, seconds: 555.4 })

  it('says when, for how long, on what', () => {
    expect(page).toContain('on 2026-11-25, in 555 s')
    expect(page).toContain('Medians of 3 rounds')
    expect(page).toContain('| processor | one \\| two |')
  })

  it('says how noisy it was, by the limit that ran twice', () => {
    expect(page).toContain('- a mutation: 1.00 (0.95 to 1.02)')
  })

  it('gives the figures of every contender, and why one has none', () => {
    expect(page).toContain('## One & all')
    expect(page).toContain('| limit | 52.0 (50.0 to 80.0) |')
    expect(page).toContain('| one that did not start | - |')
    expect(page).toContain('one that did not start: no such file')
    expect(page).toContain('herald: 3 errors, the first: 503 <busy>')
  })

  it('shows the picture', () => {
    expect(page).toContain('(results.svg)')
  })
})

describe('the picture', () => {
  const svg = picture(outcomes)

  it('is well-formed', () => {
    const open: string[] = []
    for (const [, close, name, rest] of svg.matchAll(/<(\/?)([a-z]+)([^>]*)>/g)) {
      if (close === '/') expect(open.pop()).toBe(name)
      else if (!rest!.endsWith('/')) open.push(name!)
    }
    expect(open).toEqual([])
    expect(svg.replace(/<[^>]*>/g, '')).not.toMatch(/[<>]|&(?!#\d+;)/)
  })

  it('names every contender that has a figure, with it', () => {
    const texts = [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map(([, text]) => text)
    expect(texts).toEqual(
      expect.arrayContaining(['a mutation', 'Herald', '1.18x', 'limit again', 'a peer', '4.00x', 'late | group']),
    )
    expect(texts).not.toContain('one that did not start')
  })

  it('draws bars in proportion', () => {
    const widths = [...svg.matchAll(/<rect class="(?:herald|limit|peer)" [^>]*width="([\d.]+)" height="11"\/>/g)]
      .map(([, width]) => Number(width))
      .filter((width) => width !== 14)
    const [herald, limit, , peer] = widths
    expect(herald! / limit!).toBeCloseTo(1.175, 1)
    expect(peer! / limit!).toBeCloseTo(4, 1)
  })

  it('has colours for the dark, too', () => {
    expect(svg).toContain('prefers-color-scheme:dark')
  })

  it('draws a run in which nothing has a figure', () => {
    expect(picture([])).toContain('</svg>')
  })
})
