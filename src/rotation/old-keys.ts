import type { Kek, KeyProvider } from '../crypto/key-provider.ts'
import type { KeyRow, StoredKey } from '../crypto/key-store.ts'
import { kekName } from './kek-name.ts'

/** A stored key that an older version of its KEK wraps than the target. */
export interface OldKey {
  readonly row: KeyRow
  readonly stored: StoredKey
}

/** By KEK: the lowest version that its data keys shall be under. */
export type KekTargets = ReadonlyMap<string, { readonly kek: Kek; readonly version: number }>

/**
 * The keys of some rows that are under a version below their target, by KEK. Bytes that tell no version are none of this
 * key service's: they are taken for old, as nothing proves that they would outlive a trim.
 */
export function findOldKeys(
  rows: readonly KeyRow[],
  targets: KekTargets,
  provider: KeyProvider,
): ReadonlyMap<string, readonly OldKey[]> {
  const found = new Map<string, OldKey[]>()
  for (const row of rows) {
    if (row.erased === true) continue
    for (const stored of row.keys) {
      const target = targets.get(kekName(stored))
      if (target === undefined || stored.wrapped.length === 0) continue
      if ((provider.versionOf(stored.wrapped) ?? 0) >= target.version) continue
      const name = kekName(stored)
      const old = found.get(name)
      if (old === undefined) found.set(name, [{ row, stored }])
      else old.push({ row, stored })
    }
  }
  return found
}
