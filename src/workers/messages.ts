/** What a primary and its workers say to each other, by node:cluster's IPC. */
import type { Report } from '../observability/process-metrics.ts'

/** A question's number comes back with its answer. */
export type FromWorker =
  | { readonly kind: 'serving'; readonly table: string }
  /** It cannot start; `message` is one line that says what to do. */
  | { readonly kind: 'refused'; readonly message: string }
  /** What do all of us count? */
  | { readonly kind: 'askPage'; readonly question: number }
  | { readonly kind: 'report'; readonly question: number; readonly report: Report }

export type FromPrimary =
  /** As SIGTERM. */
  | { readonly kind: 'stop' }
  /** As SIGHUP. */
  | { readonly kind: 'reload' }
  | { readonly kind: 'askReport'; readonly question: number }
  | { readonly kind: 'page'; readonly question: number; readonly page: string }
