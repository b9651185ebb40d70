import { randomUUID } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import type { TokenAlgorithm } from './verification-keys.ts'

/** What signs tokens, for development and tests; a production gateway holds public keys only. */
export interface SigningKey {
  readonly privateKey: KeyObject
  readonly algorithm: TokenAlgorithm
  readonly keyId: string
  readonly issuer: string
  readonly audience: string
}

export interface TokenRequest {
  readonly kind: 'user' | 'service'
  readonly id: string
  /** Whose data the bearer owns. Default: a user's own `id`, nothing for a service. */
  readonly subject?: string | undefined
  readonly tenant?: string | undefined
  readonly roles?: readonly string[] | undefined
  readonly scopes?: readonly string[] | undefined
  readonly lifetimeSeconds: number
}

/** Makes an access token in the form of RFC 9068 that `createAuthenticator` reads back to the same viewer. */
export const mintToken = (key: SigningKey, request: TokenRequest): Promise<string> => {
  const issuedAt = Math.floor(Date.now() / 1000)
  return new SignJWT({
    client_id: request.kind === 'service' ? request.id : 'sealgate',
    ...(request.subject === undefined ? {} : { subject: request.subject }),
    ...(request.tenant === undefined ? {} : { tenant: request.tenant }),
    roles: [...(request.roles ?? [])],
    scope: (request.scopes ?? []).join(' '),
  })
    .setProtectedHeader({ alg: key.algorithm, typ: 'at+jwt', kid: key.keyId })
    .setIssuer(key.issuer)
    .setAudience(key.audience)
    .setSubject(request.id)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + request.lifetimeSeconds)
    .sign(key.privateKey)
}
