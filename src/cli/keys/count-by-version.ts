import type { KeyProvider } from '../../crypto/key-provider.ts'
import type { KeyStore } from '../../crypto/key-store.ts'
import { kekName } from '../../rotation/kek-name.ts'
import { scanRows } from '../../rotation/scan-rows.ts'

/** By KEK, and by the version that wraps them: how many data keys there are. Looks at every row. */
export async function countByVersion(
  store: KeyStore,
  provider: KeyProvider,
): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>> {
  const counts = new Map<string, Record<string, number>>()
  await scanRows(store, {
    pageSize: 1_000,
    work: (rows) => Promise.resolve(rows),
    done: (rows) => {
      for (const stored of rows.flatMap(({ keys, erased }) => (erased === true ? [] : keys))) {
        if (stored.wrapped.length === 0) continue
        const version = String(provider.versionOf(stored.wrapped) ?? 'none')
        const ofKek = counts.get(kekName(stored)) ?? {}
        counts.set(kekName(stored), ofKek)
        ofKek[version] = (ofKek[version] ?? 0) + 1
      }
      return Promise.resolve()
    },
  })
  return counts
}
