/**
 * The picture of a run, as SVG: for each row of the table a group of bars, Herald's first, each group on a scale of
 * its own that begins at 0, with a dashed line through Herald's at what is to be reached. A thin line over a bar is the spread.
 * Readable on light and on dark pages: the colours follow what the reader prefers.
 */
import type { Outcome, Row } from './scenario.ts'
import { compare, type Summary } from './statistics.ts'
import { written } from './table.ts'

const WIDTH = 1080
const MARGIN = 20
const GUTTER = 28
const COLUMN = (WIDTH - 2 * MARGIN - GUTTER) / 2
const NAME = 224
const VALUE = 66
const BAR_SPACE = COLUMN - NAME - VALUE
const TOP = 64
const TITLE = 24
const LINE = 17
const BAR = 11
const AFTER_GROUP = 14
/** Room that a figure takes, and from what stands before it. */
const FIGURE = 44
const GAP = 6

interface Bar {
  readonly name: string
  readonly kind: 'herald' | 'limit' | 'peer'
  readonly summary: Summary
}

interface Group {
  readonly row: Row
  readonly bars: readonly Bar[]
}

const heightOf = ({ bars }: Group) => TITLE + bars.length * LINE + AFTER_GROUP

/** The whole file. Rows without a figure of Herald's, and differences, which may be below 0, have no bars. */
export function picture(outcomes: readonly Outcome[]): string {
  const groups = outcomes.flatMap((outcome) => outcome.scenario.rows.flatMap((row) => groupOf(outcome, row)))
  const half = groups.reduce((sum, group) => sum + heightOf(group), 0) / 2
  const columns: [Group[], Group[]] = [[], []]
  let left = 0
  for (const group of groups) {
    const column = left + heightOf(group) / 2 <= half ? 0 : 1
    columns[column].push(group)
    left += heightOf(group)
  }
  const drawn = columns.map((column, index) => drawColumn(column, MARGIN + index * (COLUMN + GUTTER)))
  const height = TOP + Math.max(0, ...columns.map((column) => column.reduce((sum, one) => sum + heightOf(one), 0)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">
<title id="title">Herald against limits and peers, measured side by side: shorter is better</title>
<style>${STYLE}</style>
<rect class="page" width="${WIDTH}" height="${height}"/>
${legend()}
${drawn.join('\n')}
</svg>
`
}

function groupOf(outcome: Outcome, row: Row): Group[] {
  const own = row.of ?? 'herald'
  if (row.isDifference) return []
  const bars = outcome.measured.flatMap(({ contender, role }): Bar[] => {
    const summary = compare(outcome, row, contender)
    const kind = contender === own ? 'herald' : role === 'peer' ? 'peer' : 'limit'
    return summary === null ? [] : [{ name: kind === 'herald' ? 'Herald' : contender, kind, summary }]
  })
  return bars.some(({ kind }) => kind === 'herald') ? [{ row, bars }] : []
}

function drawColumn(groups: readonly Group[], x: number): string {
  let y = TOP
  return groups
    .map((group) => {
      const drawn = drawGroup(group, x, y)
      y += heightOf(group)
      return drawn
    })
    .join('\n')
}

function drawGroup({ row, bars }: Group, x: number, y: number): string {
  const most = Math.max(row.goal, ...bars.map(({ summary }) => summary.most))
  const at = (value: number) => round(x + NAME + (value / most) * BAR_SPACE)
  const goal = at(row.goal)
  const lines = bars.map(({ name, kind, summary }, index) => {
    const top = y + TITLE + index * LINE
    const middle = top + BAR / 2
    const end = at(summary.most)
    const isInTheWay = kind === 'herald' && goal > end - GAP && goal < end + GAP + FIGURE
    return `<text class="name" x="${x + NAME - 8}" y="${top + 9}">${escaped(name)}</text>
<rect class="${kind}" x="${x + NAME}" y="${top}" width="${round(at(summary.median) - x - NAME)}" height="${BAR}"/>
<path class="spread" d="M${at(summary.least)} ${middle}H${at(summary.most)}"/>
<text class="value" x="${round((isInTheWay ? Math.max(goal, end) : end) + GAP)}" y="${top + 9}">${escaped(written(row, summary.median))}</text>`
  })
  const own = y + TITLE + bars.findIndex(({ kind }) => kind === 'herald') * LINE
  return `<text class="title" x="${x}" y="${y + 12}">${escaped(row.label.replaceAll('`', ''))}</text>
${lines.join('\n')}
<path class="goal" d="M${goal} ${own - 4}V${own + BAR + 4}"/>`
}

function legend(): string {
  const entries = [
    ['herald', 'Herald'],
    ['limit', 'limit: the same job by hand, or the reference of the row'],
    ['peer', 'peers'],
  ] as const
  let x = MARGIN
  const boxes = entries.map(([kind, text]) => {
    const at = x
    x += 22 + text.length * 5.7 + 18
    return `<rect class="${kind}" x="${at}" y="18" width="14" height="${BAR}"/><text class="note" x="${at + 20}" y="28">${text}</text>`
  })
  return `${boxes.join('\n')}
<path class="goal" d="M${round(x)} 15V33"/><text class="note" x="${round(x + 8)}" y="28">to reach</text>
<text class="note" x="${MARGIN}" y="48">Shorter is better. Ratios are CPU time, memory or latency against the limit of the same run; the thin line is the spread over rounds.</text>`
}

const round = (value: number) => Number(value.toFixed(1))

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

const STYLE = `
text{font:11px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:#1f2328}
.title{font-size:12.5px;font-weight:600}.name{text-anchor:end}.name,.note{fill:#59636e}
.page{fill:#ffffff}.herald{fill:#0969da}.limit{fill:#818b98}.peer{fill:#c8d1da}
.spread{stroke:#1f2328;stroke-width:1}.goal{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:3 2}
@media(prefers-color-scheme:dark){
text{fill:#f0f6fc}.name,.note{fill:#9198a1}.page{fill:#0d1117}.herald{fill:#4493f8}.limit{fill:#818b98}.peer{fill:#3d444d}
.spread{stroke:#f0f6fc}.goal{stroke:#f85149}}
`
