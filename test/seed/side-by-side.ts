/**
 * Asks Flask and Herald the same, and tells in what they differ: status, body, Allow and type of each answer, and
 * the recorded JSON key by key. Every request carries its own number in the header X-Case, by which its records
 * are found in the topics again.
 */
import { isDeepStrictEqual } from 'node:util'
import { ask, bytesOf, headerOf, type RawAnswer, RawConnection, type RawRequest } from '../http/rest/raw-http.ts'
import { readAll, until } from '../support/kafka.ts'
import type { Case } from './requests.ts'

/** A difference between what Flask and Herald made of one request; what one of them lacks is undefined. */
export interface Difference {
  readonly request: RawRequest
  /** `status`, `body`, `Allow`, `Content-Type`, `records` (their number), or `record.<key>`. */
  readonly what: string
  readonly flask: unknown
  readonly herald: unknown
}

/** What came of a request: its answer, or null where the connection was closed without one. */
interface Outcome {
  readonly answer: RawAnswer | null
  readonly records: readonly Readonly<Record<string, unknown>>[]
}

const LAST = 'last'

const isHead = ({ line }: RawRequest) => line.startsWith('HEAD ')
const numbered = (request: RawRequest, number: string): RawRequest => ({
  ...request,
  headers: [...request.headers, `X-Case: ${number}`],
})

/** The answer to one request on a connection of its own. */
async function one(port: number, request: RawRequest): Promise<RawAnswer | null> {
  return ask(port, request).catch(() => null)
}

/** The answers to several requests on one connection. */
async function several(
  port: number,
  requests: readonly RawRequest[],
  isPipelined: boolean,
): Promise<(RawAnswer | null)[]> {
  const connection = await RawConnection.open(port)
  const answers: (RawAnswer | null)[] = []
  try {
    if (isPipelined) connection.write(Buffer.concat(requests.map(bytesOf)))
    for (const request of requests) {
      if (!isPipelined) connection.write(bytesOf(request))
      answers.push(await connection.answer(isHead(request)).catch(() => null))
    }
  } finally {
    connection.close()
  }
  return answers
}

/** A server, and the topic that it publishes to. */
export interface Side {
  readonly port: number
  readonly topic: string
}

/** Asks both all cases, one after the other, and returns the differences of each case. */
export async function compare(cases: readonly Case[], flask: Side, herald: Side): Promise<Map<Case, Difference[]>> {
  const answers = new Map<string, { flask: RawAnswer | null; herald: RawAnswer | null }>()
  for (const [index, { requests, isPipelined }] of cases.entries()) {
    const tagged = requests.map((request, position) => numbered(request, `${index}.${position}`))
    const [byFlask, byHerald] = await Promise.all([
      inTurn(tagged, (request) => one(flask.port, request)),
      tagged.length === 1
        ? inTurn(tagged, (request) => one(herald.port, request))
        : several(herald.port, tagged, isPipelined),
    ])
    for (const position of requests.keys()) {
      answers.set(`${index}.${position}`, { flask: byFlask[position]!, herald: byHerald[position]! })
    }
  }
  const [ofFlask, ofHerald] = await Promise.all([recordsOf(flask), recordsOf(herald)])
  return new Map(
    cases.map((each, index) => [
      each,
      each.requests.flatMap((request, position) => {
        const number = `${index}.${position}`
        const { flask, herald } = answers.get(number)!
        return differencesOf(
          request,
          { answer: flask, records: ofFlask.get(number) ?? [] },
          { answer: herald, records: ofHerald.get(number) ?? [] },
        )
      }),
    ]),
  )
}

async function inTurn<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const item of items) results.push(await run(item))
  return results
}

/** The records of each request by its number, once all are there: Flask answers before Kafka has them. */
async function recordsOf({ port, topic }: Side): Promise<Map<string, Record<string, unknown>[]>> {
  await ask(port, { line: 'GET / HTTP/1.1', headers: ['Host: last', `X-Case: ${LAST}`] })
  const found = new Map<string, Record<string, unknown>[]>()
  await until(`the last record in ${topic}`, async () => {
    found.clear()
    for (const { value } of await readAll(topic)) {
      const record = JSON.parse(value ?? 'null') as Record<string, unknown>
      const number = String(record['X-Case'])
      found.set(number, [...(found.get(number) ?? []), record])
    }
    return found.has(LAST)
  })
  return found
}

function differencesOf(request: RawRequest, flask: Outcome, herald: Outcome): Difference[] {
  const differences: Difference[] = []
  const note = (what: string, ofFlask: unknown, ofHerald: unknown) => {
    if (!isDeepStrictEqual(ofFlask, ofHerald)) differences.push({ request, what, flask: ofFlask, herald: ofHerald })
  }
  note('status', flask.answer?.status, herald.answer?.status)
  note('body', flask.answer?.body, herald.answer?.body)
  note('Allow', methodsOf(flask.answer), methodsOf(herald.answer))
  note('Content-Type', typeOf(flask.answer), typeOf(herald.answer))
  note('records', flask.records.length, herald.records.length)
  const [ofFlask, ofHerald] = [flask.records[0], herald.records[0]]
  if (ofFlask !== undefined && ofHerald !== undefined) {
    for (const key of new Set([...Object.keys(ofFlask), ...Object.keys(ofHerald)])) {
      note(`record.${key}`, own(ofFlask, key), own(ofHerald, key))
    }
  }
  return differences
}

function own(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

/** Flask's come out of a set, in no order. */
function methodsOf(answer: RawAnswer | null): string[] | undefined {
  const allow = answer === null ? null : headerOf(answer, 'allow')
  return allow === null ? undefined : allow.split(', ').sort()
}

function typeOf(answer: RawAnswer | null): string | undefined {
  return (answer === null ? null : headerOf(answer, 'content-type')) ?? undefined
}
