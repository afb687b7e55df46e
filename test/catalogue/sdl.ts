/** SDL for tests: what every event repeats, and a folder of files that is removed when the test is done. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** The interface's six fields, on one line so that line numbers of what follows are easy to tell. */
export const SIX = 'id: ID! type: String! timestamp: DateTime! headers: [Header!]! cursor: Cursor! record: Record!'

/** An event's definition, on one line. */
export function event(name: string, template: string, fields = '', key?: string): string {
  const keyed = key === undefined ? '' : `, key: ${JSON.stringify(key)}`
  return `type ${name} implements Event @event(type: ${JSON.stringify(template)}${keyed}) { ${SIX} ${fields} }`
}

/** Writes files into a folder of their own; a name may hold subfolders. */
export function sdlFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'herald-sdl-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}
