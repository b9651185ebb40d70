import type { KeyFailure } from './key-lease.ts'
import type { Kek } from './key-provider.ts'
import type { KeyRow, KeyState, StoredKey } from './key-store.ts'

/** A stored key that may be unwrapped, or why it may not. */
export type ReadVerdict = StoredKey | KeyFailure

const readFailures: Readonly<Record<KeyState, KeyFailure | undefined>> = {
  enabled: undefined,
  disabled: 'KEY_UNAVAILABLE',
  compromised: undefined,
  indexing: undefined,
  retired: 'KEY_UNAVAILABLE',
  closing: 'ERASED',
  destroyed: 'ERASED',
}

/** A key that the row does not hold under exactly this key type, purpose and key id does not decrypt. */
export function judgeForRead(row: KeyRow | undefined, { keyType, purpose }: Kek, keyId: string): ReadVerdict {
  if (isClosed(row)) return 'ERASED'
  const key = row?.keys.find(
    (stored) =>
      stored.keyType === keyType && stored.purpose === purpose && stored.keyId.toString('hex') === keyId,
  )
  if (key === undefined) return 'DECRYPTION_FAILED'
  // Rows are data: a state that only a later version knows is not one to read by.
  if (!Object.hasOwn(readFailures, key.state)) return 'DECRYPTION_FAILED'
  return readFailures[key.state] ?? key
}

/** The current key of a KEK in a row: the highest enabled generation, while it is younger than `maxAge` milliseconds. */
export function judgeForWrite(row: KeyRow | undefined, kek: Kek, maxAge: number): ReadVerdict | 'MISSING' {
  if (isClosed(row)) return 'ERASED'
  const keys = generationsOf(row, kek)
  if (keys.some(({ state }) => state === 'closing' || state === 'destroyed')) return 'ERASED'
  const current = keys.findLast(({ state }) => state === 'enabled')
  if (current !== undefined) return Date.now() - current.createdAt.getTime() < maxAge ? current : 'MISSING'
  return keys.some(({ state }) => state === 'disabled') ? 'KEY_UNAVAILABLE' : 'MISSING'
}

/** Whether its holder is being erased, or was. */
export function isClosed(row: KeyRow | undefined): boolean {
  return row?.erased === true || row?.closing === true
}

export function nextGeneration(row: KeyRow | undefined, kek: Kek): number {
  return (generationsOf(row, kek).at(-1)?.generation ?? 0) + 1
}

/** The keys of a KEK in a row, the oldest first. */
export function generationsOf(row: KeyRow | undefined, { keyType, purpose }: Kek): StoredKey[] {
  const keys = row?.keys.filter((key) => key.keyType === keyType && key.purpose === purpose) ?? []
  return keys.sort((one, other) => one.generation - other.generation)
}
