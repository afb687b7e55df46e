/** Chooses how callers are told apart, by AUTH. What verifies JWTs is loaded only if it is used. */

import type { AccessSettings, Authenticator } from './access/access.ts'
import { Roles } from './access/roles.ts'
import { TokenAuthenticator } from './access/tokens.ts'
import type { Catalogue } from './catalogue/catalogue.ts'
import { channels } from './observability/channels.ts'

/** Null: everybody may. Throws `AccessRefusal`. */
export async function openAccess(settings: AccessSettings, { events }: Catalogue): Promise<Authenticator | null> {
  const roles = new Roles(events)
  switch (settings.kind) {
    case 'none':
      return null
    case 'token':
      return new TokenAuthenticator(settings.file, roles)
    case 'jwt': {
      const { JwtAuthenticator } = await import('./access/jwt.ts')
      const { FileKeys, RemoteKeys } = await import('./access/keys.ts')
      const { keys, algorithms } = settings
      return new JwtAuthenticator(
        settings,
        'url' in keys ? new RemoteKeys(keys.url, channels.log.publish) : new FileKeys(keys.file, algorithms),
        roles,
      )
    }
  }
}
