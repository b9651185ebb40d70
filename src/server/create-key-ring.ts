import { blockExpiredKeks, type ExpiredKekOptions } from '../crypto/block-expired-keks.ts'
import { dayMs } from '../crypto/kek-age.ts'
import type { KeyProvider } from '../crypto/key-provider.ts'
import type { KeyRights } from '../crypto/key-rights.ts'
import { KeyRing } from '../crypto/key-ring.ts'
import type { KeyStore } from '../crypto/key-store.ts'
import type { StateLease } from '../crypto/state-lease.ts'
import type { PerformanceSettings } from './performance-modes.ts'

export interface PolicedKeyRingOptions extends Pick<ExpiredKekOptions, 'policies'> {
  readonly store: KeyStore
  readonly provider: KeyProvider
  readonly rights: KeyRights
  readonly cache: PerformanceSettings['keyCache']
  readonly states?: StateLease
  readonly onExpired?: ExpiredKekOptions['onExpired']
}

/** A key ring under key policies: data keys past their maximum age are replaced, KEKs past theirs wrap nothing any more. */
export function createKeyRing({
  store,
  provider,
  rights,
  cache,
  states,
  policies,
  onExpired,
}: PolicedKeyRingOptions): KeyRing {
  return new KeyRing({
    ...cache,
    store,
    rights,
    states,
    provider: blockExpiredKeks(provider, { policies, onExpired: onExpired ?? (() => undefined) }),
    maxAge: ({ keyType }) => policies.of(keyType).maxAgeDays * dayMs,
  })
}
