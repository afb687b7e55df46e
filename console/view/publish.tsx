/** A button or a form for each mutation of the schema; publishing shows where the event went. */
import { useRef, useState } from 'preact/hooks'
import { type Argument, colourOf, type Mutation, publishDocument } from '../api/catalogue.ts'
import { ApiError, ask } from '../api/graphql.ts'
import type { ConsolePlaceFragment } from '../generated/graphql.ts'
import { argumentValue } from '../state/argument-value.ts'
import type { Session } from '../state/session.ts'
import { count, sentence } from '../words.ts'
import { WhatToDo } from './what-to-do.tsx'

/** Where there are more mutations than this, forms are closed at first. */
const MANY = 4

export function Publish({ session }: { readonly session: Session }) {
  const { catalogue } = session
  const { mutations } = catalogue
  return (
    <section class="card" aria-labelledby="publish-title">
      <h2 id="publish-title">Publish</h2>
      {mutations.length === 0 && (
        <p class="quiet">
          No mutation is declared. Add one to a file in the folder of the SDL, and start Herald again.
        </p>
      )}
      <ul class="mutations">
        {mutations.map((mutation) => (
          <li key={mutation.name}>
            <MutationForm
              mutation={mutation}
              colour={colourOf(catalogue, mutation.event)}
              isInitiallyOpen={mutations.length <= MANY}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}

type Answer =
  | { readonly place: ConsolePlaceFragment; readonly ms: number }
  | { readonly error: ApiError }
  | 'under way'
  | null

interface MutationFormProps {
  readonly mutation: Mutation
  readonly colour: string
  readonly isInitiallyOpen: boolean
}

function MutationForm({ mutation, colour, isInitiallyOpen }: MutationFormProps) {
  const [answer, setAnswer] = useState<Answer>(null)
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  /** Kept while the outcome is open: the same event sent again is the same event. */
  const key = useRef<string | null>(null)
  const { name, description, event } = mutation

  const change = (argument: string, text: string) => {
    key.current = null
    setTexts({ ...texts, [argument]: text })
  }
  const submit = async (submitted: Event) => {
    submitted.preventDefault()
    if (answer === 'under way') return
    setAnswer('under way')
    key.current ??= newKey()
    const variables = Object.fromEntries(
      mutation.arguments.map((argument) => [argument.name, argumentValue(argument, texts[argument.name] ?? '')]),
    )
    const beganAt = performance.now()
    try {
      const headers = { 'idempotency-key': key.current }
      const { published } = await ask(publishDocument(mutation), variables, { headers })
      key.current = null
      setAnswer({ place: published, ms: performance.now() - beganAt })
    } catch (error) {
      const refusal = error instanceof ApiError ? error : new ApiError('INTERNAL_SERVER_ERROR', String(error))
      if (!isOpen(refusal)) key.current = null
      setAnswer({ error: refusal })
    }
  }

  const head = (
    <>
      <span class={`swatch ${colour}`} aria-hidden="true" />
      <strong>{name}</strong> <span class="quiet">{event}</span>
    </>
  )
  const button = (
    <button type="submit" class="primary" aria-disabled={answer === 'under way'}>
      {sentence(name)}
    </button>
  )
  const isForm = mutation.arguments.length > 0
  return (
    <form onSubmit={submit} aria-label={sentence(name)} data-mutation={name} class={isForm ? '' : 'is-button'}>
      {isForm ? (
        <details open={isInitiallyOpen}>
          <summary class="mutation-head">{head}</summary>
          {description !== '' && <p class="quiet">{description}</p>}
          {mutation.arguments.map((argument) => (
            <ArgumentField
              key={argument.name}
              id={`${name}-${argument.name}`}
              argument={argument}
              text={texts[argument.name] ?? ''}
              onChange={(text) => change(argument.name, text)}
            />
          ))}
          {button}
        </details>
      ) : (
        <div class="mutation-row">
          <div>
            <p class="mutation-head">{head}</p>
            {description !== '' && <p class="quiet">{description}</p>}
          </div>
          {button}
        </div>
      )}
      <div class="answer" role="status">
        <AnswerLine answer={answer} />
      </div>
    </form>
  )
}

function AnswerLine({ answer }: { readonly answer: Answer }) {
  if (answer === null) return null
  if (answer === 'under way') return <p class="quiet">Waiting for the log…</p>
  if ('error' in answer) {
    const { error } = answer
    return (
      <div class="is-bad">
        <WhatToDo error={error} />
        {error.outcome === 'NOT_WRITTEN' && <p>It is not in the log. Send it again when you like.</p>}
        {isOpen(error) && <p>It is in the log once or not at all. Sent again now, it will not be there twice.</p>}
      </div>
    )
  }
  const { type, record } = answer.place
  return (
    <p class="is-good">
      <strong>Acknowledged</strong> in {count(Math.max(1, Math.round(answer.ms)))} ms: <code>{type}</code> at partition{' '}
      {record.partition}, offset {record.offset}
    </p>
  )
}

/** Whether nobody knows what became of the event. */
function isOpen({ code, outcome }: ApiError): boolean {
  return outcome === 'UNKNOWN' || (outcome === null && code === 'UNREACHABLE')
}

/** `crypto.randomUUID` is for pages over TLS alone. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

interface FieldProps {
  readonly id: string
  readonly argument: Argument
  readonly text: string
  readonly onChange: (text: string) => void
}

function ArgumentField({ id, argument, text, onChange }: FieldProps) {
  const { name, description, type, hasDefault } = argument
  const isRequired = type.isRequired && !hasDefault
  const described = description === '' ? {} : { 'aria-describedby': `${id}-description` }
  return (
    <div class="field">
      <label for={id}>
        {name} <span class="quiet">{type.text}</span>
        {isRequired && <span class="required">required</span>}
      </label>
      <Control id={id} argument={argument} text={text} onChange={onChange} required={isRequired} {...described} />
      {description !== '' && (
        <p id={`${id}-description`} class="quiet">
          {description}
          {type.isList && ' One a line.'}
        </p>
      )}
    </div>
  )
}

function Control({ argument, text, onChange, ...common }: FieldProps & { readonly required: boolean }) {
  const { type, choices } = argument
  if (type.isList && choices !== null) {
    const chosen = new Set(text.split('\n'))
    return (
      <select
        {...common}
        multiple
        onChange={({ currentTarget }) =>
          onChange(Array.from(currentTarget.selectedOptions, ({ value }) => value).join('\n'))
        }
      >
        {choices.map(({ name, description }) => (
          <option key={name} value={name} selected={chosen.has(name)} title={description}>
            {name}
          </option>
        ))}
      </select>
    )
  }
  if (type.isList) {
    return <textarea {...common} rows={3} value={text} onInput={({ currentTarget }) => onChange(currentTarget.value)} />
  }
  const values = choices ?? (type.name === 'Boolean' ? BOOLEANS : null)
  if (values !== null) {
    return (
      <select {...common} value={text} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        <option value="">{common.required ? 'Choose…' : 'Not given'}</option>
        {values.map(({ name, description }) => (
          <option key={name} value={name} title={description}>
            {name}
          </option>
        ))}
      </select>
    )
  }
  return (
    <input
      {...common}
      {...INPUTS[type.name]}
      value={text}
      autocomplete="off"
      onInput={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}

const BOOLEANS = [
  { name: 'true', description: '' },
  { name: 'false', description: '' },
]

/** What an input of a scalar's type is. Whatever is not listed is text. */
const INPUTS: { readonly [type: string]: { readonly type: 'number' | 'datetime-local'; readonly step: string } } = {
  Int: { type: 'number', step: '1' },
  Float: { type: 'number', step: 'any' },
  DateTime: { type: 'datetime-local', step: '0.001' },
}
