/**
 * An answer of any length in pieces, each made when the one before has left the process: a client that reads slowly
 * holds up the making, and one that goes away ends it. What comes in one piece is answered with its length.
 */
import type { ServerResponse } from 'node:http'
import { answer, beginAnswer, patienceFor } from './answer.ts'

/** A client that takes nothing for so long is gone, whatever its connection says. */
const STALL_MS = 60_000

/**
 * `pieces` returns the last one. `onLong` is called once, before an answer of several pieces begins, and may refuse it.
 * Rejects with what either throws.
 */
export async function answerInPieces(
  response: ServerResponse,
  status: number,
  type: string,
  pieces: AsyncGenerator<string, string, void>,
  onLong: () => void,
): Promise<void> {
  const first = await pieces.next()
  if (first.done) return answer(response, status, type, first.value)
  try {
    onLong()
    beginAnswer(response, status, { 'Content-Type': type })
    const began = performance.now()
    let sent = 0
    for (let piece: IteratorResult<string, string> = first; ; piece = await pieces.next()) {
      if (response.destroyed) return
      if (piece.done) return void response.end(piece.value)
      response.write(piece.value)
      sent += piece.value.length
      await room(response, Math.min(STALL_MS, began + patienceFor(sent) - performance.now()))
    }
  } finally {
    await pieces.return('')
  }
}

/** Resolves when what was written has left, or the client has gone; others get their turn in any case. */
async function room(response: ServerResponse, patienceMs: number): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  if (!response.writableNeedDrain || response.destroyed) return
  await new Promise<void>((resolve) => {
    const stalled = setTimeout(() => response.destroy(), Math.max(0, patienceMs))
    const go = () => {
      clearTimeout(stalled)
      response.off('drain', go)
      response.off('close', go)
      resolve()
    }
    response.once('drain', go)
    response.once('close', go)
  })
}
