/** Chooses how callers are told apart, by AUTH. */

import type { AccessSettings, Authenticator } from './access/access.ts'
import { Roles } from './access/roles.ts'
import { TokenAuthenticator } from './access/tokens.ts'
import type { Catalogue } from './catalogue/catalogue.ts'

/** Null: everybody may. Throws `AccessRefusal`. */
export function openAccess(settings: AccessSettings, { events }: Catalogue): Authenticator | null {
  const roles = new Roles(events)
  switch (settings.kind) {
    case 'none':
      return null
    case 'token':
      return new TokenAuthenticator(settings.file, roles)
  }
}
