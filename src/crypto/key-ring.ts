import type { Kek, KeyProvider } from './key-provider.ts'
import type { KeyLease } from './key-lease.ts'
import type { KeyStore } from './key-store.ts'

export interface KeyRingOptions {
  readonly store: KeyStore
  readonly provider: KeyProvider
  /** At most this many keys in the cache. Default 10,000. */
  readonly maxKeys?: number
  /** Milliseconds a key stays cached, however often it is used. Default 300,000. */
  readonly ttl?: number
  /** Leases that may pin a cached key before it is unwrapped anew. Default 1,000,000. */
  readonly maxUses?: number
  /** Milliseconds after which a key of this type gets a new generation at the next write. Default: never. */
  readonly maxAge?: (keyType: string) => number
}

/** Plain counters since the start. */
export interface KeyRingCounters {
  finds: number
  inserts: number
  wraps: number
  wrapTrips: number
  unwraps: number
  unwrapTrips: number
  hits: number
  misses: number
}

export interface KeyRing {
  readonly counters: Readonly<KeyRingCounters>
  openLease(): KeyLease
  /** Empties the cache: after a change of key states, or when they could not be read in time. Pinned keys stay usable. */
  clear(): void
}

export function createKeyRing(_options: KeyRingOptions): KeyRing {
  throw new Error('not yet')
}

/**
 * Proves that the KMS holds the KEKs this database was written with, by one canary per KEK, made at its first use.
 *
 * @throws `KEYS_MISMATCH` when a canary does not open, or is missing while keys of its KEK exist; `KEY_UNAVAILABLE` when
 * the KMS could not tell.
 */
export async function verifyKeks(
  _provider: KeyProvider,
  _store: KeyStore,
  _keks: readonly Kek[],
): Promise<void> {
  return Promise.reject(new Error('not yet'))
}
