/** Events per second by kind over the last minutes, as stacked columns. Its words say the same to who cannot see it. */
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { gatewayNow } from '../api/clock.ts'
import { WINDOW_SECONDS } from '../state/rates.ts'
import type { Session } from '../state/session.ts'
import { clockTime, perSecond } from '../words.ts'
import { useSize, useTick } from './hooks.ts'

/** Seconds that a column stands for. */
const COLUMN = 3
const COLUMNS = WINDOW_SECONDS / COLUMN
const HEIGHT = 150

export function Plot({ session }: { readonly session: Session }) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const { width } = useSize(place)
  const { rates, catalogue } = session
  useTick(1_000)
  const kinds = catalogue.events.map(({ name }) => name)

  // Made anew with another scheme of colours: a canvas does not follow CSS.
  useEffect(() => {
    const make = () => {
      plot.current?.destroy()
      plot.current = new uPlot(options(session, place.current!), dataOf(session, kinds), place.current!)
    }
    make()
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', make)
    return () => {
      scheme.removeEventListener('change', make)
      plot.current?.destroy()
      plot.current = null
    }
  }, [session])
  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height: HEIGHT })
  }, [width])
  useEffect(() => {
    if (!document.hidden) plot.current?.setData(dataOf(session, kinds))
  })

  const now = kinds.map((kind) => ({ kind, rate: rates.rate(kind) })).filter(({ rate }) => rate > 0)
  const all = now.reduce((sum, { rate }) => sum + rate, 0)
  const words = now.map(({ kind, rate }) => `${kind} ${perSecond(rate)}`).join(', ')
  return (
    <section class="card plot" aria-labelledby="plot-title">
      <h2 id="plot-title">
        Events per second <span class="quiet">last {WINDOW_SECONDS / 60} minutes</span>
        <output>{perSecond(all)} now</output>
      </h2>
      <div
        ref={place}
        class="canvas"
        role="img"
        aria-label={`Events per second by type over the last ${WINDOW_SECONDS / 60} minutes. Now: ${words || 'none'}.`}
      />
    </section>
  )
}

/** The columns' times, then for each kind the sum of it and of the kinds before it, the largest sum first. */
function dataOf({ rates }: Session, kinds: readonly string[]): uPlot.AlignedData {
  const now = Math.floor(gatewayNow() / 1000)
  // Columns begin at whole multiples, so that a column does not change once it has passed.
  const end = Math.ceil((now + 1) / COLUMN) * COLUMN
  const times = Array.from({ length: COLUMNS }, (_, index) => end - (COLUMNS - index) * COLUMN)
  const sums: (number | null)[] = times.map((time) => (time + COLUMN < rates.coveredFrom / 1000 ? null : 0))
  const stacked = kinds.map((kind) => {
    for (const [index, time] of times.entries()) {
      const before = sums[index]
      if (before != null) sums[index] = before + rates.count(kind, time, time + COLUMN) / COLUMN
    }
    return [...sums]
  })
  return [times, ...stacked.reverse()]
}

function options({ catalogue }: Session, place: HTMLElement): uPlot.Options {
  const style = getComputedStyle(place)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const bars = uPlot.paths.bars!({ size: [0.82, 24], align: 1, radius: 0 })
  const axis = {
    stroke: colour('--quiet'),
    font: `11px ${style.fontFamily}`,
    ticks: { show: false },
  }
  return {
    width: place.clientWidth || 300,
    height: HEIGHT,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    series: [
      {},
      ...catalogue.events
        .map((kind) => ({ paths: bars, points: { show: false }, fill: colour(`--${kind.colour}`), width: 0 }))
        .reverse(),
    ],
    scales: {
      x: { time: true },
      y: { range: (_plot, _least, most) => [0, Math.max(1, Math.ceil((most ?? 0) * 1.1))] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 90,
        size: 26,
        values: (_plot, times) => times.map((time) => clockTime(time * 1000).slice(0, 5)),
        incrs: [60, 120],
      },
      {
        ...axis,
        grid: { stroke: colour('--line'), width: 1 },
        size: 44,
        space: 36,
        incrs: [
          1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_000, 2_500, 5_000, 10_000, 20_000, 50_000, 100_000,
        ],
        values: (_plot, values) => values.map((value) => (value >= 10_000 ? `${value / 1000}k` : String(value))),
      },
    ],
  }
}
