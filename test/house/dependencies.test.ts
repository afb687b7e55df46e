/** docs/dependencies.md against package.json, and what is installed against the licences that the page allows. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

interface Locked {
  readonly dev?: boolean
  readonly optional?: boolean
  readonly license?: string
  readonly hasInstallScript?: boolean
}

const page = readFileSync('docs/dependencies.md', 'utf8')
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly allowScripts: Readonly<Record<string, boolean>>
}
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>
}

/** Names in the first column of the table under a heading. */
function named(heading: string): string[] {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const cells = section.split('\n').filter((line) => line.startsWith('| `'))
  return cells.flatMap((line) => [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!))
}

it('gives each dependency a reason, and names none that is gone', () => {
  expect(named('What runs in the gateway').sort()).toEqual(Object.keys(manifest.dependencies).sort())
  expect(named('What builds and tests it').sort()).toEqual(Object.keys(manifest.devDependencies).sort())
})

it('pins each to one version, those that the bench compares with, too', () => {
  const peers = JSON.parse(readFileSync('bench/peers/package.json', 'utf8')) as Pick<typeof manifest, 'dependencies'>
  const all = [manifest.dependencies, manifest.devDependencies, peers.dependencies]
  const versions = all.flatMap((some) => Object.values(some))
  for (const version of versions) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
})

// Else `npm ci` of npm 11 and later warns, and skips the script: lmdb's, which compiles where nothing prebuilt fits.
it('says of each package with an install script whether that runs, and why', () => {
  const scripted = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript)
  const names = scripted.map(([path]) => path.replace(/^.*node_modules\//, ''))
  expect(Object.keys(manifest.allowScripts)).toEqual([...new Set(names)].sort())
  for (const name of names) expect(page.split('## Install scripts')[1]).toContain(`\`${name}\``)
})

const ANYWHERE = ['MIT', 'Apache-2.0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0']
const IN_TOOLS = ['MPL-2.0', 'Python-2.0', 'CC-BY-4.0']

it('installs nothing under a licence that the page does not allow', () => {
  const refused = Object.entries(packages).filter(([path, { dev = false, license }]) => {
    // Optional packages of other platforms are not here to be looked at, and their own package's licence holds.
    if (path === '' || (license === undefined && !existsSync(join(path, 'package.json')))) return false
    const stated = license ?? licenceOf(path)
    const choices = stated.replace(/[()]/g, '').split(' OR ')
    return !choices.some((one) => ANYWHERE.includes(one) || (dev && IN_TOOLS.includes(one)))
  })
  expect(refused.map(([path, { license }]) => `${path}: ${license}`)).toEqual([])
  for (const licence of [...ANYWHERE, ...IN_TOOLS]) expect(page).toContain(licence)
})

/** What the package itself says, where the lock does not. */
function licenceOf(path: string): string {
  const { license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { license?: unknown }
  return typeof license === 'string' ? license : 'unknown'
}
