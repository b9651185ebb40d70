/** What a key may be used for. Each purpose has its own KEK, so that a KMS policy can grant them apart. */
export const keyPurposes = ['REVEAL', 'MASK', 'INDEX'] as const
export type KeyPurpose = (typeof keyPurposes)[number]

/** A key-encryption key by what it protects: one named key in the KMS per key type and purpose. */
export interface Kek {
  /** Upper case, such as `FINANCIAL`; matches `[A-Z][A-Z0-9_]*`. */
  readonly keyType: string
  readonly purpose: KeyPurpose
}

export interface WrapItem {
  /** Canonical bytes that the wrapped key is bound to; the same bytes are needed to unwrap. */
  readonly context: Buffer
  /** The 32 bytes of a data key. The provider neither keeps nor changes them. */
  readonly key: Buffer
  /** Whose data the key protects, where a provider has keys per tenant. Absent: the installation's own, such as a canary. */
  readonly tenant?: string
}

export interface UnwrapItem {
  readonly context: Buffer
  readonly wrapped: Buffer
  /** As it was when the key was wrapped. */
  readonly tenant?: string
}

/** `INVALID`: this item cannot be opened with this KEK and context. `UNAVAILABLE`: the provider could not tell. */
export type KeyOutcome =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly reason: 'INVALID' | 'UNAVAILABLE' }

/** What a key management service can do by itself; what it cannot, its provider does in this process. */
export interface KeyProviderCapabilities {
  /** Many keys travel in one request. */
  readonly batch: boolean
  /** The service itself binds a wrapped key to its context. */
  readonly context: boolean
  /** `rewrap` happens inside the service: no data key is in this process's memory for it. */
  readonly serverRewrap: boolean
  /** A KEK has versions that can be trimmed one by one. */
  readonly versions: boolean
}

/** The versions of a KEK. */
export interface KekStatus {
  /** Wraps from now on. */
  readonly newest: number
  /** The lowest that still unwraps. */
  readonly oldest: number
  /** Undefined when the service does not say. */
  readonly newestCreatedAt: Date | undefined
}

/**
 * A key management service. Implementations live in `src/kms`.
 *
 * Batches: outcomes have the length and the order of the items; one bad item fails alone. Bytes that come back from
 * `unwrap` are 32 long, belong to the caller, who zeroes them, and are never part of a pooled slice or of a string.
 * A provider never throws for an item; it throws a `GatewayError` `KEY_UNAVAILABLE` when the whole call could not be
 * made. No error, log or inspection of a provider holds key bytes, contexts or credentials.
 */
export interface KeyProvider {
  /** Name of the provider in configuration, such as `vault`. */
  readonly name: string
  readonly capabilities: KeyProviderCapabilities
  /** Makes sure that every KEK exists, creating it where the provider's rights allow. Idempotent. */
  prepare(keks: readonly Kek[]): Promise<void>
  wrap(kek: Kek, items: readonly WrapItem[]): Promise<KeyOutcome[]>
  unwrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]>
  /**
   * Makes a new version, which wraps from now on, in every process; what older ones wrapped still unwraps.
   *
   * @throws GatewayError `CONFIGURATION_INVALID` when this provider's rights do not reach so far.
   */
  rotate(kek: Kek): Promise<KekStatus>
  /** The same keys under the same contexts, wrapped by the newest version. Outcomes as those of `unwrap`. */
  rewrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]>
  status(kek: Kek): Promise<KekStatus>
  /** The KEK version that wrapped these bytes, read from them alone; undefined when they are none of this provider's. */
  versionOf(wrapped: Buffer): number | undefined
  /**
   * Destroys the versions below `oldest`: what they wrapped never unwraps again. Idempotent.
   *
   * @throws TypeError when no version would be left, GatewayError `CONFIGURATION_INVALID` as `rotate`.
   */
  trim(kek: Kek, oldest: number): Promise<void>
  /** Resolves when the provider answers and may use its keys; rejects with `KEY_UNAVAILABLE` otherwise. */
  check(): Promise<void>
  close(): Promise<void>
}
