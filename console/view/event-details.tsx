/** One event, all of it: its own fields, its record, its headers, and the same as JSON. */
import { useState } from 'preact/hooks'
import type { Catalogue } from '../api/catalogue.ts'
import type { ConsoleEvent } from '../api/events.ts'
import { day, exactTime, inline } from '../words.ts'

interface EventDetailsProps {
  readonly event: ConsoleEvent
  readonly catalogue: Catalogue
  readonly onClose: () => void
}

export function EventDetails({ event, catalogue, onClose }: EventDetailsProps) {
  const { __typename: kind, type, id, timestamp, time, cursor, record, headers, own } = event
  const description = catalogue.events.find(({ name }) => name === kind)?.description
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <aside class="details" aria-label="Event" tabIndex={0} onKeyDown={({ key }) => key === 'Escape' && onClose()}>
      <div class="details-head">
        <div>
          <h3>{type === '' ? 'A record without a type' : type}</h3>
          <p class="quiet">
            {kind}
            {description ? `: ${description}` : ''}
          </p>
        </div>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      {own.length > 0 && (
        <>
          <h4>Fields</h4>
          <Pairs pairs={own.map(([name, value]) => [name, value === null ? null : inline(value)])} />
        </>
      )}
      <h4>Record</h4>
      <Pairs
        pairs={[
          ['time', `${[day(time), exactTime(time)].filter((part) => part !== '').join(', ')}`],
          ['timestamp', timestamp],
          ['topic', record.topic],
          ['partition', String(record.partition)],
          ['offset', record.offset],
          ['key', record.key],
          ['id', id],
        ]}
      />
      <h4>
        Cursor <Copy text={cursor} what="the cursor" />
      </h4>
      <p class="cursor">
        <code>{cursor}</code>
      </p>
      <h4>Headers of the request</h4>
      {headers.length === 0 ? (
        <p class="quiet">None are recorded.</p>
      ) : (
        <Pairs pairs={headers.map(({ name, value }) => [name, value])} />
      )}
      <details>
        <summary>As JSON</summary>
        <pre>
          {JSON.stringify({ type, id, timestamp, ...Object.fromEntries(own), record, headers, cursor }, null, 2)}
        </pre>
      </details>
    </aside>
  )
}

function Pairs({ pairs }: { readonly pairs: readonly (readonly [name: string, value: string | null])[] }) {
  return (
    <dl>
      {pairs.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === null ? <span class="quiet">none</span> : value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Only pages over TLS, and those of this machine, may write to the clipboard. */
function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  const [copied, setCopied] = useState<string | null>(null)
  if (navigator.clipboard === undefined) return null
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(text)
  }
  return (
    <button type="button" class="small" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      {copied === text ? 'Copied' : 'Copy'}
    </button>
  )
}
