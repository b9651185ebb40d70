import { toUSVString } from 'node:util'
import type { JWTPayload } from 'jose'
import type { Viewer } from './viewer.ts'

/**
 * Reads the claims of a verified token (RFC 7519, 8693 and 9068):
 *
 * | claim | becomes |
 * |---|---|
 * | `sub` | `id` |
 * | `client_id`, or `azp` | kind `service` if it equals `sub`, as for client credentials (RFC 9068 §2.2), else `user` |
 * | `roles`, an array | `roles` |
 * | `scope`, separated by spaces | `scopes` |
 * | `tenant` | `tenant`, without it the default one |
 * | `subject` | `subject`; without it a user's own `sub`, and nothing for a service |
 *
 * A claim of the wrong form, null included, makes the whole token invalid: undefined. Ignoring it could widen what the issuer meant.
 */
export const readViewer = (claims: JWTPayload, defaultTenant: string): Viewer | undefined => {
  const { sub: id, tenant = defaultTenant, client_id: client = claims.azp, scope = '', roles = [] } = claims
  const kind = client === id ? 'service' : 'user'
  const { subject = kind === 'user' ? id : undefined } = claims
  if (!isName(id) || !isName(tenant) || claims.exp === undefined) return undefined
  if (subject !== undefined && !isName(subject)) return undefined
  if (client !== undefined && !isName(client)) return undefined
  if (typeof scope !== 'string' || !Array.isArray(roles) || !roles.every(isName)) return undefined
  return Object.freeze({
    kind,
    id,
    tenant,
    subject,
    roles: new Set<string>(roles),
    scopes: new Set(scope.split(' ').filter(isName)),
    expiresAt: claims.exp * 1000,
  })
}

const longestName = 256

/** The database would fold a lone surrogate into U+FFFD, and so one tenant or subject into another. */
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= longestName && toUSVString(value) === value
