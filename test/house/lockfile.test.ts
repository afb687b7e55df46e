/**
 * `npm ci` refuses a lock file that lacks an optional package of some other platform, and npm leaves such a
 * package out of the lock where its registry did not answer for it: a fresh clone could not be installed then,
 * although everything went well here.
 */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

interface Locked {
  readonly dev?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const LOCKS = ['package-lock.json', 'bench/peers/package-lock.json']

/** By their paths; that of the project itself is empty. */
function packagesOf(lock: string): Record<string, Locked> {
  return JSON.parse(readFileSync(lock, 'utf8')).packages
}

it.each(LOCKS)('%s locks every optional package of every platform', (lock) => {
  const packages = packagesOf(lock)
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        packages[`node_modules/${name}`] === undefined && packages[`${path}/node_modules/${name}`] === undefined,
    ),
  )
  expect(missing).toEqual([])
})

it('lets nothing run twice: four copies of @graphql-tools/utils in one process took 2.6 MB of its 80', () => {
  const names = Object.entries(packagesOf('package-lock.json'))
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path]) => path.split('node_modules/').at(-1)!)
  const twice = names.filter((name, index) => names.indexOf(name) !== index)
  // envalid wants one of its own, of 23 kB.
  expect(twice.filter((name) => name !== 'tslib')).toEqual([])
})
