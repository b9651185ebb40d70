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
  row: KeyRow,
  key: StoredKey,
  filter: KeyFilter,
  provider: KeyProvider,
  now = Date.now(),
): boolean {
  const { holder, erased = false } = row
  const age = now - key.createdAt.getTime()
  return (
    erased === (filter.state === 'destroyed') &&
    isAskedFor(filter.keyType, key.keyType) &&
    isAskedFor(filter.state, stateOf(row, key)) &&
    isAskedFor(filter.tenant, holder.tenant) &&
    isAskedFor(filter.holder, holder.scopeId) &&
    (filter.keyId === undefined || key.keyId.toString('hex').startsWith(filter.keyId)) &&
    (filter.olderThanDays === undefined || age >= filter.olderThanDays * dayMs) &&
    (filter.kekVersion === undefined || provider.versionOf(key.wrapped) === filter.kekVersion)
  )
}

/** A row that is being erased, or was, says so for all its keys. */
export function stateOf({ closing, erased }: KeyRow, { state }: StoredKey): KeyState {
  if (erased === true) return 'destroyed'
  return closing === true ? 'closing' : state
}

function isAskedFor<Value>(asked: Value | undefined, value: Value): boolean {
  return asked === undefined || asked === value
}
