/** A real browser for tests and pictures: Debian's Chromium, driven over playwright-core, which reaches this machine alone. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

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

/** Why there is no browser, and what to do; undefined where there is one. */
export function whyNoBrowser(): string | undefined {
  if (executable !== undefined) return undefined
  return 'there is no Chromium: install it (Debian, Ubuntu: apt-get install chromium)'
}

/**
 * Starts a browser; `close` it. `rebound`: host names that lead to this machine, as an attacker's would after DNS
 * rebinding; every other name leads nowhere, so that nothing reaches the Internet.
 */
export function startBrowser(rebound: readonly string[] = []): Promise<Browser> {
  if (executable === undefined) throw new Error(whyNoBrowser())
  const names = rebound.map((name) => `MAP ${name} 127.0.0.1`)
  const rules = [...names, 'MAP * ~NOTFOUND', 'EXCLUDE localhost', 'EXCLUDE 127.0.0.1'].join(', ')
  return chromium.launch({ executablePath: executable, args: [...FLAGS, `--host-resolver-rules=${rules}`] })
}
