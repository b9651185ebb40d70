import { GatewayError } from '../errors.ts'
import type { Kek, KeyProvider } from './key-provider.ts'
import type { KeyStore } from './key-store.ts'
import { canaryContext, isOpenedBy } from './verify-keks.ts'

/**
 * Brings the canary of a KEK under its newest version, verified before the old form goes. Without it, a trim would end the
 * proof that the key service holds the keys of this database.
 *
 * @returns whether the canary is under `version` or a newer one by now; true where there is no canary
 * @throws KEY_UNAVAILABLE when the key service did not answer
 */
export async function rewrapCanary(
  provider: KeyProvider,
  store: KeyStore,
  kek: Kek,
  version: number,
): Promise<boolean> {
  const canary = await store.findCanary(kek)
  if (canary === undefined || (provider.versionOf(canary.wrapped) ?? 0) >= version) return true
  const context = canaryContext(kek)
  const [rewrapped] = await provider.rewrap(kek, [{ context, wrapped: canary.wrapped }])
  if (rewrapped?.ok !== true) return unopened(rewrapped?.reason)
  const [opened] = await provider.unwrap(kek, [{ context, wrapped: rewrapped.bytes }])
  if (opened?.ok !== true) return unopened(opened?.reason)
  if (!isOpenedBy(opened.bytes, canary)) return false
  return store.replaceCanary(kek, canary, { keyId: canary.keyId, wrapped: rewrapped.bytes })
}

function unopened(reason: 'INVALID' | 'UNAVAILABLE' | undefined): false {
  if (reason === 'INVALID') return false
  throw new GatewayError('KEY_UNAVAILABLE')
}
