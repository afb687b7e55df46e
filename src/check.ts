/**
 * `herald check <folder> [--against <old folder>]`: whether Herald would start on an SDL folder, and whether that may
 * take the place of an older one. For people a table, for pipelines an exit code.
 */
import { parseArgs } from 'node:util'
import { readCatalogue } from './catalogue/build.ts'
import type { Catalogue } from './catalogue/catalogue.ts'
import { SchemaRefusal } from './catalogue/refusal.ts'
import { changesBetween } from './compatibility/changes.ts'
import { textTable } from './text-table.ts'

export const CHECK_USAGE = 'herald check <folder> [--against <old folder>]'

/** What the exit code of `herald check` says. */
export const CHECK_CODES = {
  /** The SDL can be kept, and is compatible with the older one, if any is given. */
  good: 0,
  /** Herald would not start on it (or the older one), or the command line is wrong: standard error has one line. */
  refused: 1,
  /** It can be kept, and breaks readers or callers of the older one. */
  breaking: 2,
} as const

/** Runs the command; returns its exit code. */
export function check(args: readonly string[]): number {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { against: { type: 'string' } },
    })
    const [folder, ...others] = positionals
    if (folder === undefined || others.length > 0) throw new UsageError('it takes one folder')
    const catalogue = readCatalogue(folder)
    process.stdout.write(`${mutationTable(catalogue)}\n`)
    return values.against === undefined
      ? CHECK_CODES.good
      : compare(readCatalogue(values.against), catalogue, values.against)
  } catch (error) {
    if (error instanceof SchemaRefusal) process.stderr.write(`herald: ${error.message}\n`)
    else if (isUsageError(error)) process.stderr.write(`herald: ${error.message.split('\n')[0]} (${CHECK_USAGE})\n`)
    else throw error
    return CHECK_CODES.refused
  }
}

class UsageError extends Error {}

function isUsageError(error: unknown): error is Error {
  return error instanceof UsageError || String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS')
}

function mutationTable({ mutations }: Catalogue): string {
  return textTable(
    ['mutation', 'REST path', 'event type', 'key'],
    mutations.map(({ name, rest, event }) => [name, rest?.path ?? '-', event.type.text, event.key?.text ?? '-']),
  )
}

function compare(before: Catalogue, after: Catalogue, folder: string): number {
  const changes = changesBetween(before, after)
  if (changes.length > 0) {
    const rows = changes.map(({ breaks, coordinate, what }) => [breaks ? 'breaking' : 'compatible', coordinate, what])
    process.stdout.write(`\n${textTable(['change', 'coordinate', 'what'], rows)}\n`)
  }
  const broken = changes.filter(({ breaks }) => breaks).length
  const verdict =
    broken === 0
      ? `Compatible with ${folder}.`
      : `Not compatible with ${folder}: ${broken} of ${changes.length} changes break readers or callers.`
  process.stdout.write(`\n${verdict}\n`)
  return broken === 0 ? CHECK_CODES.good : CHECK_CODES.breaking
}
