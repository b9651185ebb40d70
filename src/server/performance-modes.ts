import type { KeyCacheOptions } from '../crypto/key-cache.ts'
import type { Padding } from '../crypto/padding.ts'

/** What a mode sets. None of them changes an algorithm, a check or what is audited. */
export interface PerformanceSettings {
  /** Of unwrapped data keys. */
  readonly keyCache: Required<Pick<KeyCacheOptions, 'ttl' | 'maxKeys' | 'maxUses'>>
  /** Of values whose field does not turn it off. */
  readonly padding: Exclude<Padding, 'NONE'>
}

/** One row per mode. A process may be in another than its neighbours: all read what any of them wrote. */
export const performanceModes = {
  // What a stolen process holds is little and short-lived; lengths up to 256 bytes look the same.
  security: { keyCache: { ttl: 60_000, maxKeys: 5_000, maxUses: 10_000 }, padding: 'WIDE_BUCKETS' },
  balanced: { keyCache: { ttl: 300_000, maxKeys: 20_000, maxUses: 1_000_000 }, padding: 'BUCKETS' },
  // For many people in use at once, and a key service that is far away.
  performance: { keyCache: { ttl: 1_800_000, maxKeys: 200_000, maxUses: 100_000_000 }, padding: 'BUCKETS' },
} as const satisfies Record<string, PerformanceSettings>

export type PerformanceMode = keyof typeof performanceModes
