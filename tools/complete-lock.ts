/**
 * Run after `npm install`: completes package-lock.json where npm left out an optional package of some other
 * platform, without which `npm ci` refuses the lock (test/house/lockfile.test.ts tells when it must run).
 */
import { readFileSync, writeFileSync } from 'node:fs'

interface Locked {
  readonly dev?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const OS = ['android', 'darwin', 'linux', 'win32', 'freebsd']
const CPU = ['arm64', 'x64', 'arm', 'ia32']

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> }
const { packages } = lock
for (const [path, { dev, optionalDependencies = {} }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const key = `node_modules/${name}`
    if (packages[key] !== undefined || packages[`${path}/${key}`] !== undefined) continue
    const parts = name.split(/[-/]/)
    const missing = {
      version,
      cpu: CPU.filter((cpu) => parts.includes(cpu)),
      ...(dev ? { dev } : {}),
      optional: true,
      os: OS.filter((os) => parts.includes(os)),
    }
    packages[key] = missing
    console.log(`${key} ${version}`)
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
