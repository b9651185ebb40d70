/** Who asks. Frozen, and shared by every request that carries the same token: nothing per request belongs in it. */
export interface Viewer {
  readonly kind: 'anonymous' | 'user' | 'service'
  /** The `sub` of the token. */
  readonly id: string | undefined
  readonly tenant: string
  /** Whose data this viewer owns, as the `owner` rule compares it; undefined owns nothing. */
  readonly subject: string | undefined
  readonly roles: ReadonlySet<string>
  readonly scopes: ReadonlySet<string>
  /** When the token ends, in milliseconds since the epoch; undefined for a viewer without one. */
  readonly expiresAt: number | undefined
}

const nothing: ReadonlySet<string> = new Set<string>()

/** The viewer of a request without an `Authorization` header. */
export const anonymous = (tenant: string): Viewer =>
  Object.freeze({
    kind: 'anonymous',
    id: undefined,
    tenant,
    subject: undefined,
    roles: nothing,
    scopes: nothing,
    expiresAt: undefined,
  })
