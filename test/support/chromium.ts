/**
 * A real browser for tests: Debian's Chromium, driven over playwright-core. Where there is none, tests are skipped
 * with the reason in their name; with CI=true that is a failure.
 */
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium } from 'playwright-core'
import { describe } from 'vitest'

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const executable = EXECUTABLES.find((path) => existsSync(path))

/** `describe` where there is a Chromium. */
export function describeBrowser(name: string, suite: () => void): void {
  if (executable !== undefined) return void describe(name, suite)
  const reason = 'there is no Chromium: install it (Debian, Ubuntu: apt-get install chromium)'
  if (process.env.CI === 'true') throw new Error(reason)
  describe.skip(`${name} (skipped, ${reason})`, suite)
}

/**
 * Starts a browser; `close` it. `rebound`: host names that lead to this machine, as an attacker's would after DNS
 * rebinding; every other name leads nowhere, so that no test reaches the Internet.
 */
export function startBrowser(rebound: readonly string[] = []): Promise<Browser> {
  const names = rebound.map((name) => `MAP ${name} 127.0.0.1`)
  const rules = [...names, 'MAP * ~NOTFOUND', 'EXCLUDE localhost', 'EXCLUDE 127.0.0.1'].join(', ')
  return chromium.launch({ executablePath: executable!, args: [...FLAGS, `--host-resolver-rules=${rules}`] })
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
