import { dayMs } from '../crypto/kek-age.ts'
import type { KeyProvider } from '../crypto/key-provider.ts'
import type { KeyRow, KeyState, StoredKey } from '../crypto/key-store.ts'

/** Which data keys are meant; what is absent is not asked. */
export interface KeyFilter {
  readonly keyType?: string
  readonly state?: KeyState
  readonly tenant?: string
  /** The id of the subject, model, document or path that holds the key. */
  readonly holder?: string
  /** The beginning of the key id, in hex. */
  readonly keyId?: string
  readonly olderThanDays?: number
  /** The KEK version that wraps it. */
  readonly kekVersion?: number
}

export function fits(
  { holder, erased }: KeyRow,
  key: StoredKey,
  filter: KeyFilter,
  provider: KeyProvider,
  now = Date.now(),
): boolean {
  const age = now - key.createdAt.getTime()
  return (
    erased !== true &&
    isAskedFor(filter.keyType, key.keyType) &&
    isAskedFor(filter.state, key.state) &&
    isAskedFor(filter.tenant, holder.tenant) &&
    isAskedFor(filter.holder, holder.scopeId) &&
    (filter.keyId === undefined || key.keyId.toString('hex').startsWith(filter.keyId)) &&
    (filter.olderThanDays === undefined || age >= filter.olderThanDays * dayMs) &&
    (filter.kekVersion === undefined || provider.versionOf(key.wrapped) === filter.kekVersion)
  )
}

function isAskedFor<Value>(asked: Value | undefined, value: Value): boolean {
  return asked === undefined || asked === value
}
