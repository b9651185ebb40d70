import type { KeyFailure } from './key-lease.ts'
import type { Kek } from './key-provider.ts'
import { generationsOf } from './key-states.ts'
import type { KeyRow, KeyState, StoredKey } from './key-store.ts'

/** Generations of the `INDEX` key of a path, as stored. */
export interface IndexGenerations {
  readonly written: readonly StoredKey[]
  readonly read: StoredKey
}

/** States in which terms under a generation are written. */
const written: readonly KeyState[] = ['enabled', 'compromised', 'indexing']

/**
 * Which generations of a path's `INDEX` key its terms are written under, and which one is searched by:
 *
 * | generations | written | searched by |
 * | --- | --- | --- |
 * | old `enabled` | old | old |
 * | old `enabled`, new `indexing` | both | old |
 * | old `enabled`, new `enabled` | both | new |
 * | old `retired` or `destroyed`, new `enabled` | new | new |
 *
 * The rows follow each other, and no process is more than one of them apart from another. So whatever one searches by, all
 * write, and the unique index of one slot at least is filled by all of them. A `compromised` key goes on as if it were
 * enabled until it is replaced; a `disabled` one stops writes and searches until it is `retired`.
 */
export function judgeForIndex(row: KeyRow | undefined, kek: Kek): IndexGenerations | KeyFailure | 'MISSING' {
  if (row?.erased) return 'ERASED'
  const keys = generationsOf(row, kek)
  if (keys.some(({ state }) => state === 'closing')) return 'ERASED'
  // Rows are data: what only a later version knows, this one would get wrong.
  if (keys.some(({ state }) => !known.includes(state))) return 'KEY_UNAVAILABLE'
  const writing = keys.filter(({ state }) => written.includes(state))
  const read = writing.findLast(({ state }) => state !== 'indexing')
  if (keys.some(({ state }) => state === 'disabled')) return 'KEY_UNAVAILABLE'
  if (read !== undefined) return { written: writing, read }
  if (writing.length > 0) return 'KEY_UNAVAILABLE'
  return keys.length > 0 ? 'ERASED' : 'MISSING'
}

const known: readonly KeyState[] = [...written, 'disabled', 'retired', 'destroyed']
