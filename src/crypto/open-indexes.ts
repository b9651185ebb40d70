import type { KeyRows, StoredTuple } from './create-keys.ts'
import { type IndexKey, IndexKeys, type IndexPath, slotOf } from './index-keys.ts'
import { judgeForIndex } from './index-states.ts'
import type { KeyFailure, LoadOutcome } from './key-lease.ts'
import type { StoredKey } from './key-store.ts'
import { holderId } from './key-tuple.ts'

interface OpeningContext {
  /** When the rows were asked for, by `performance.now`. */
  readonly openedAt: number
  /** Unwraps keys in one round; a key that cannot be had gets no outcome, or a failure. */
  readonly unwrap: (items: readonly StoredTuple[], outcomes: Map<string, LoadOutcome>) => Promise<void>
}

/**
 * Unwraps, for each path, every generation under which its terms are written: all of them, or none.
 *
 * @param outcomes - receives the keys and the failures.
 */
export async function openIndexes(
  paths: ReadonlyMap<string, IndexPath>,
  rows: KeyRows,
  outcomes: Map<string, LoadOutcome<IndexKeys>>,
  { openedAt, unwrap }: OpeningContext,
): Promise<void> {
  const found = new Map<string, { readonly keys: readonly StoredTuple[]; readonly read: StoredKey }>()
  for (const [name, { tuple }] of paths) {
    const rowId = holderId(tuple.holder).toString('hex')
    const verdict = judgeForIndex(rows.get(rowId), tuple)
    if (typeof verdict === 'string') {
      // It was to be created, and could not be.
      outcomes.set(name, verdict === 'MISSING' ? 'KEY_UNAVAILABLE' : verdict)
      continue
    }
    const keys = verdict.written.map((stored) => ({
      name: `${name}#${stored.generation}`,
      tuple,
      rowId,
      stored,
    }))
    found.set(name, { keys, read: verdict.read })
  }
  const opened = new Map<string, LoadOutcome>()
  await unwrap(
    [...found.values()].flatMap(({ keys }) => keys),
    opened,
  )
  for (const [name, { keys, read }] of found) outcomes.set(name, bundle(keys, read, opened, openedAt))
}

function bundle(
  keys: readonly StoredTuple[],
  read: StoredKey,
  opened: ReadonlyMap<string, LoadOutcome>,
  openedAt: number,
): LoadOutcome<IndexKeys> {
  const written: IndexKey[] = []
  let failure: KeyFailure = 'KEY_UNAVAILABLE'
  let readKey: IndexKey | undefined
  for (const { name, stored } of keys) {
    const key = opened.get(name) ?? 'KEY_UNAVAILABLE'
    if (typeof key === 'string') failure = key
    else {
      const indexKey = { slot: slotOf(stored.generation), version: stored.indexVersion, key }
      written.push(indexKey)
      if (stored === read) readKey = indexKey
    }
  }
  if (readKey !== undefined && written.length === keys.length)
    return new IndexKeys(written, readKey, openedAt)
  for (const { key } of written) key.release()
  return failure
}
