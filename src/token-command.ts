/**
 * `npm run token -- --name ci --roles publish,read [--expires 2027-01-31] [--file tokens]`: makes an API token.
 * The token goes to whoever is to have it and is kept nowhere; the line with its digest goes to AUTH_TOKENS_FILE.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { makeToken, readTokensFile } from './access/tokens.ts'

const USAGE = 'npm run token -- --name ci --roles publish,read [--expires 2027-01-31] [--file tokens]'

try {
  const { values } = parseArgs({
    options: {
      name: { type: 'string' },
      roles: { type: 'string', default: 'publish,read' },
      expires: { type: 'string' },
      file: { type: 'string' },
    },
  })
  const { name, expires, file } = values
  if (name === undefined) throw new Error('whose token is it? Give --name')
  const roles = values.roles.split(',').map((role) => role.trim())
  const expiresAt = expires === undefined ? null : Date.parse(expires)
  if (Number.isNaN(expiresAt)) throw new Error('--expires must be a moment, such as 2027-01-31 or 2027-01-31T12:00:00Z')
  const { token, line } = makeToken(name, roles, expiresAt)
  if (file === undefined) {
    process.stdout.write(`Give this token to ${name}; it is not shown again:\n${token}\n`)
    process.stdout.write(`Put this line into AUTH_TOKENS_FILE:\n${line}\n`)
  } else {
    append(file, line)
    process.stdout.write(`${token}\n`)
    process.stderr.write(`Give this token to ${name}; it is not shown again. ${file} has its digest.\n`)
  }
} catch (error) {
  process.stderr.write(`token: ${(error as Error).message}\n${USAGE}\n`)
  process.exit(1)
}

/** Only to a file that can be read back, so that a wrong name spoils none; a new one is its owner's alone. */
function append(file: string, line: string): void {
  const isThere = existsSync(file)
  if (isThere) readTokensFile(file)
  const isCut = isThere && !/(?:^|\n)$/.test(readFileSync(file, 'utf8'))
  appendFileSync(file, `${isCut ? '\n' : ''}${line}\n`, { mode: 0o600 })
}
