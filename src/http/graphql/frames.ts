/**
 * Messages of graphql-transport-ws as frames of a WebSocket (RFC 6455, section 5.2: a server's are not masked). What
 * goes to many is put together from payloads that were rendered once, and several events go in one write.
 */
import { putUtf8, utf8Length } from '../../log/utf8.ts'
import type { Delivery } from '../../operations/lane.ts'

/** FIN, and the opcode of text. */
const TEXT = 0x81
const CLOSING_BRACE = 0x7d
/** Up to this size bytes are copied, beyond they are shared: a hundred subscribers of 100 kB must not hold 10 MB. */
const COPY_BYTES = 16 * 1024

/** Frames that hold one message each, as one piece of bytes. */
export function framesOf(...messages: readonly string[]): Buffer {
  const lengths = messages.map((message) => Buffer.byteLength(message))
  const frames = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + headLength(length) + length, 0))
  let at = 0
  for (const [i, message] of messages.entries()) {
    at = writeHead(frames, at, lengths[i]!)
    at += frames.write(message, at)
  }
  return frames
}

/** How `next` messages of an operation begin; behind it come the payload and a brace. */
export function nextHead(id: string): string {
  return `{"id":${JSON.stringify(id)},"type":"next","payload":`
}

let last: { readonly delivery: Delivery; readonly head: string; readonly frames: readonly Buffer[] } | null = null

/** A delivery's `next` messages for an operation whose messages begin with `head`. The buffers are shared. */
export function nextFrames(delivery: Delivery, head: string): readonly Buffer[] {
  // Most clients number their operations, so the next in the lane is likely to want the very same bytes.
  if (last !== null && last.delivery === delivery && last.head === head) return last.frames
  const frames: Buffer[] = []
  const headBytes = utf8Length(head)
  const lengths = delivery.items.map(({ payload }) => headBytes + payload.length + 1)
  const total = lengths.reduce((sum, length) => sum + headLength(length) + length, 0)
  if (total <= COPY_BYTES) frames.push(copied(delivery, head, headBytes, lengths, total))
  else {
    for (const [i, { payload }] of delivery.items.entries()) {
      const length = lengths[i]!
      const begin = Buffer.allocUnsafe(headLength(length) + headBytes)
      begin.write(head, writeHead(begin, 0, length))
      frames.push(begin, payload, BRACE)
    }
  }
  last = { delivery, head, frames }
  return frames
}

const BRACE = Buffer.of(CLOSING_BRACE)

function copied(
  { items }: Delivery,
  head: string,
  headBytes: number,
  lengths: readonly number[],
  total: number,
): Buffer {
  const bytes = Buffer.allocUnsafe(total)
  let at = 0
  for (let i = 0; i < items.length; i++) {
    const { payload } = items[i]!
    at = writeHead(bytes, at, lengths[i]!)
    at = putUtf8(bytes, at, head, headBytes)
    at += payload.copy(bytes, at)
    bytes[at++] = CLOSING_BRACE
  }
  return bytes
}

function headLength(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10
}

/** Returns where the message goes. */
function writeHead(frame: Buffer, at: number, length: number): number {
  frame[at] = TEXT
  if (length < 126) {
    frame[at + 1] = length
    return at + 2
  }
  if (length < 65_536) {
    frame[at + 1] = 126
    return frame.writeUInt16BE(length, at + 2)
  }
  frame[at + 1] = 127
  return frame.writeBigUInt64BE(BigInt(length), at + 2)
}
