/** docs/access.md, done as it says; its issuer of JWTs is one on this machine. */
import { afterAll, beforeAll } from 'vitest'
import { type Issuer, makeKey, type SigningKey, sign, startIssuer } from '../access/issuer.ts'
import { readPage } from '../support/page.ts'

let key: SigningKey
let issuer: Issuer
beforeAll(async () => {
  key = await makeKey('one')
  issuer = await startIssuer(key)
})
afterAll(() => issuer.close())

readPage(
  'docs/access.md',
  () => ({ replace: { 'https://issuer.example/jwks.json': issuer.url } }),
  async ({ text }, terminal) => {
    // From there on the reader's token is the issuer's.
    if (text.includes('AUTH=jwt')) await terminal.run(`TOKEN=${await sign(key)}`)
  },
)
