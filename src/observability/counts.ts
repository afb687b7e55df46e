/**
 * What happens too often for a channel (channels.ts): plain numbers that the hot path raises and `/metrics` reads
 * when it is asked. Process-wide, as channels are.
 */
import type { Transport } from './channels.ts'

/** Each only ever rises. */
export const counts = {
  /** Events sent to subscribers, one for each subscription that got it. */
  delivered: { ws: 0, sse: 0 } satisfies Record<Transport, number>,
  /** Events in the pages of replays. */
  replayed: 0,
}
