#!/usr/bin/env node
/** The command `herald`: without an argument the gateway, with `check` what tells whether its SDL is good. */
import { CHECK_USAGE, check } from './check.ts'

const [command, ...args] = process.argv.slice(2)
if (command === undefined) await import('./main.ts')
else if (command === 'check') process.exitCode = check(args)
else {
  process.stderr.write(`herald: there is no command "${command}" (herald, or ${CHECK_USAGE})\n`)
  process.exitCode = 1
}
