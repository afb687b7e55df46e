/** GraphQL over HTTP, by the audits of graphql-http: every one, on the running product. */
import { type Audit, serverAudits } from 'graphql-http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Herald, startHerald } from '../../support/herald.ts'

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
})
afterAll(() => herald.stop())

const audits: Audit[] = serverAudits({ url: () => `${herald.url}/graphql` })

it('knows all 61 audits', () => {
  expect(audits).toHaveLength(61)
})

it.each(audits)('$name ($id)', async (audit) => {
  const result = await audit.fn()
  expect(result, 'reason' in result ? `${result.reason}: ${await bodyOf(result.response)}` : '').toMatchObject({
    status: 'ok',
  })
})

async function bodyOf(response: unknown): Promise<string> {
  return `${(response as Response).status} ${await (response as Response).text().catch(() => 'read')}`
}
