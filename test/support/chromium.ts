/**
 * A real browser for tests (tools/browser.ts). Where there is none, tests are skipped with the reason in their name; with
 * CI=true that is a failure.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { describe } from 'vitest'
import { whyNoBrowser } from '../../tools/browser.ts'

export { startBrowser } from '../../tools/browser.ts'

/** `describe` where there is a Chromium. */
export function describeBrowser(name: string, suite: () => void): void {
  const reason = whyNoBrowser()
  if (reason === undefined) return void describe(name, suite)
  if (process.env.CI === 'true') throw new Error(reason)
  describe.skip(`${name} (skipped, ${reason})`, suite)
}

/** Keeps a picture for who looks into a run of CI; git ignores the folder, and nothing compares them. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `.artefacts/${name}.png`, fullPage: true })
}

/** A web site of somebody else on this machine: an empty page at every path. */
export async function startSite(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end('<!doctype html><title>Elsewhere</title>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
