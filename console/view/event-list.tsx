/**
 * The list itself. Ten thousand lines are kept, and only those that can be seen are on the page. It is one listbox: one
 * stop for the Tab key, arrows go from event to event, and the event that they are at is open beside it.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import { type Catalogue, colourOf } from '../api/catalogue.ts'
import type { ConsoleEvent } from '../api/events.ts'
import { type Entry, isEvent } from '../state/history.ts'
import { clockTime, inline, milliseconds } from '../words.ts'
import { useSize } from './hooks.ts'

/** Height of a line in pixels, as in events.css. */
const LINE = 34
/** Lines beyond what can be seen, so that scrolling meets no gap. */
const SPARE = 6

interface EventListProps {
  readonly catalogue: Catalogue
  /** Oldest first. */
  readonly entries: readonly Entry[]
  readonly opened: ConsoleEvent | null
  readonly isPaused: boolean
  readonly onOpen: (event: ConsoleEvent | null) => void
  /** Somebody scrolled away from the newest. */
  readonly onScrolled: () => void
}

export function EventList({ catalogue, entries, opened, isPaused, onOpen, onScrolled }: EventListProps) {
  const list = useRef<HTMLDivElement>(null)
  const { height } = useSize(list)
  const [top, setTop] = useState(0)
  const at = (line: number) => entries[entries.length - 1 - line]
  const lineOf = (event: ConsoleEvent) => entries.length - 1 - entries.indexOf(event)

  useEffect(() => {
    // To follow is to see the newest.
    if (!isPaused && list.current !== null) list.current.scrollTop = 0
  }, [isPaused])

  const scrolled = () => {
    const { scrollTop } = list.current!
    setTop(scrollTop)
    if (scrollTop > LINE / 2 && !isPaused) onScrolled()
  }

  const move = (line: number, step: number) => {
    let next = Math.max(0, Math.min(entries.length - 1, line))
    // Notices tell of the connection: they cannot be opened.
    while (at(next) !== undefined && !isEvent(at(next)!)) next += step
    const entry = at(next)
    if (entry === undefined || !isEvent(entry)) return
    onOpen(entry)
    const element = list.current!
    const seen = element.clientHeight
    if (next * LINE < element.scrollTop) element.scrollTop = next * LINE
    else if ((next + 1) * LINE > element.scrollTop + seen) element.scrollTop = (next + 1) * LINE - seen
  }

  const pressed = (event: KeyboardEvent) => {
    const line = opened === null ? -1 : lineOf(opened)
    const page = Math.max(1, Math.floor(height / LINE) - 1)
    const moves: { readonly [key: string]: () => void } = {
      ArrowDown: () => move(line + 1, 1),
      ArrowUp: () => move(line - 1, -1),
      PageDown: () => move(line + page, -1),
      PageUp: () => move(line - page, 1),
      Home: () => move(0, 1),
      End: () => move(entries.length - 1, -1),
      Enter: () => move(Math.max(0, line), 1),
      ' ': () => move(Math.max(0, line), 1),
      Escape: () => onOpen(null),
    }
    const act = moves[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  }

  const first = Math.max(0, Math.floor(top / LINE) - SPARE)
  const last = Math.min(entries.length, Math.ceil((top + height) / LINE) + SPARE)
  const lines = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index)
  const openedLine = opened === null ? -1 : lineOf(opened)
  const isOpenedHere = openedLine >= first && openedLine < last
  return (
    <div class="listing">
      <div class="headings" aria-hidden="true">
        <span>Time</span>
        <span>Type and fields</span>
        <span>Partition:offset</span>
      </div>
      <div
        ref={list}
        class="list"
        role="listbox"
        aria-label="Events, newest first"
        tabIndex={0}
        {...(isOpenedHere && { 'aria-activedescendant': `event-${opened!.id}` })}
        onScroll={scrolled}
        onKeyDown={pressed}
      >
        <div role="presentation" class="lines" style={{ height: `${entries.length * LINE}px` }}>
          {lines.map((line) => {
            const entry = at(line)!
            const place = {
              'aria-setsize': entries.length,
              'aria-posinset': line + 1,
              style: { transform: `translateY(${line * LINE}px)` },
            }
            return isEvent(entry) ? (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox has the keyboard
              // biome-ignore lint/a11y/useFocusableInteractive: and the focus; aria-activedescendant names the option
              <div
                key={entry.id}
                id={`event-${entry.id}`}
                class="line"
                role="option"
                aria-selected={opened === entry}
                onClick={() => onOpen(opened === entry ? null : entry)}
                {...place}
              >
                <EventLine event={entry} colour={colourOf(catalogue, entry.__typename)} />
              </div>
            ) : (
              // biome-ignore lint/a11y/useFocusableInteractive: the listbox has the focus
              <div
                key={`notice-${entry.time}-${entry.notice}`}
                class="line is-notice"
                role="option"
                aria-selected={false}
                aria-disabled="true"
                {...place}
              >
                <span class="time">{clockTime(entry.time)}</span>
                <span class="notice">{entry.notice}</span>
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

function EventLine({ event, colour }: { readonly event: ConsoleEvent; readonly colour: string }) {
  return (
    <>
      <span class="time">
        {clockTime(event.time)}
        <span class="ms">.{milliseconds(event.time)}</span>
      </span>
      <span class={`swatch ${colour}`} aria-hidden="true" />
      <span class="type">{event.type === '' ? event.__typename : event.type}</span>
      <span class="own">
        {event.own.map(([name, value]) => (
          <span key={name}>
            <i>{name}</i> {inline(value)}
          </span>
        ))}
      </span>
      <span class="place">
        {event.record.partition}:{event.record.offset}
      </span>
    </>
  )
}
