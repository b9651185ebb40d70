import { hash } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { GatewayError } from '../errors.ts'
import { readViewer } from './read-viewer.ts'
import { createKeyLookup } from './verification-keys.ts'
import type { VerificationKeys } from './verification-keys.ts'
import { anonymous } from './viewer.ts'
import type { Viewer } from './viewer.ts'

export interface AuthenticatorOptions {
  /** The only `iss` that is accepted. */
  readonly issuer: string
  /** What must be among the token's `aud`. */
  readonly audience: string
  readonly keys: VerificationKeys
  /** The tenant of anonymous viewers, and of tokens that name none. */
  readonly defaultTenant: string
  /** The token's `typ` header. Default `at+jwt` (RFC 9068), which keeps ID tokens of the same issuer out. */
  readonly tokenType?: string
  /** By how much the issuer's clock may differ, for `exp` and `nbf`. Default 5. */
  readonly clockToleranceSeconds?: number
  /** How many verified tokens are remembered. Default 10,000. */
  readonly cachedTokens?: number
  /** For how long a token is not verified again, and so the delay of a withdrawn key. Default 60. */
  readonly cacheSeconds?: number
}

export interface Authenticator {
  /**
   * Tells who asks. A request without the header is anonymous. Answers synchronously when the token was verified shortly before.
   *
   * Throws or rejects with `UNAUTHENTICATED`, the same for every cause, for a header that is no bearer token or a token that does not verify;
   * with `SERVICE_UNAVAILABLE` when the issuer's keys cannot be fetched.
   */
  readonly authenticate: (authorizationHeader: string | undefined) => Viewer | Promise<Viewer>
}

interface VerifiedToken {
  readonly viewer: Viewer
  /** By the wall clock, as the token says. */
  readonly endsAt: number
  /** By a clock that nobody sets. */
  readonly until: number
}

/** Longer headers are refused before anything reads them. */
const longestHeader = 8192
const bearer = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i

/** Throws `CONFIGURATION_INVALID` for options that could never hold. */
export const createAuthenticator = (options: AuthenticatorOptions): Authenticator => {
  const { issuer, audience, defaultTenant, tokenType = 'at+jwt' } = options
  if (issuer === '' || audience === '' || defaultTenant === '')
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: 'Tokens need an issuer, an audience and a default tenant.',
    })
  const { algorithms, findKey } = createKeyLookup(options.keys)
  const clockTolerance = options.clockToleranceSeconds ?? 5
  const cacheMilliseconds = (options.cacheSeconds ?? 60) * 1000
  // Keyed by the hash, so that memory holds no token and a look-up compares nothing an attacker chose.
  const verified = new LRUCache<string, VerifiedToken>({ max: options.cachedTokens ?? 10_000 })
  const nobody = anonymous(defaultTenant)
  const requirements = {
    algorithms: [...algorithms],
    issuer,
    audience,
    typ: tokenType,
    clockTolerance,
    requiredClaims: ['exp', 'sub'],
  }

  const verify = async (token: string, tokenHash: string): Promise<Viewer> => {
    const { payload, protectedHeader } = await jwtVerify(token, findKey, requirements).catch(refuse)
    if (protectedHeader.crit !== undefined) throw unauthenticated('crit')
    const viewer = readViewer(payload, defaultTenant)
    if (viewer?.expiresAt === undefined) throw unauthenticated('claims')
    verified.set(tokenHash, {
      viewer,
      endsAt: viewer.expiresAt,
      until: performance.now() + cacheMilliseconds,
    })
    return viewer
  }

  return {
    authenticate: (header) => {
      if (header === undefined) return nobody
      const token = header.length > longestHeader ? undefined : bearer.exec(header)?.[1]
      if (token === undefined) throw unauthenticated('malformed')
      const tokenHash = hash('sha256', token, 'base64')
      const known = verified.get(tokenHash)
      // A clock that is set back gives no more time to keys that the issuer has withdrawn.
      const fresh = known !== undefined && performance.now() < known.until && Date.now() < known.endsAt
      return fresh ? known.viewer : verify(token, tokenHash)
    },
  }
}

const refuse = (error: unknown): never => {
  if (isOutage(error)) throw new GatewayError('SERVICE_UNAVAILABLE', { cause: reasonOf(error) })
  throw unauthenticated(reasonOf(error))
}

/** Whatever is not about the token is about the keys, such as an issuer that does not answer, or not with a JWK set. */
const isOutage = (error: unknown): boolean =>
  !(error instanceof errors.JOSEError) || keyFailures.has(error.code)

const keyFailures = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT'])

/** The code alone: jose's claim errors carry the token's whole payload. */
const reasonOf = (error: unknown): string => (error instanceof errors.JOSEError ? error.code : 'unreachable')

const unauthenticated = (reason: string): GatewayError =>
  new GatewayError('UNAUTHENTICATED', { cause: reason })
