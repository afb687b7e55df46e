/** `npm run pictures` still finds what it shows: the same pages, played on for a moment only. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { describeBrowser } from '../support/chromium.ts'

/** Two pages of 9 MB on a busy machine. */
const TIMEOUT_MS = 180_000

describeBrowser('the pictures of the README', () => {
  it('are taken anew, light and dark', { timeout: TIMEOUT_MS }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-pictures-'))
    try {
      const options = ['--seconds', '2', '--folder', folder]
      await promisify(execFile)(process.execPath, ['--import', 'tsx', 'tools/pictures/take.ts', ...options])
      const kept = readdirSync('docs/pictures').filter((name) => name.endsWith('.png'))
      expect(readdirSync(folder).sort()).toEqual(kept.sort())
      for (const name of kept) {
        // PNG has width and height at the same place always (its specification, 11.2.2).
        const [taken, shown] = [folder, 'docs/pictures'].map((where) =>
          readFileSync(join(where, name)).subarray(16, 24),
        )
        expect(taken!.equals(shown!), name).toBe(true)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
