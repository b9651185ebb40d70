import type { KeyRing } from '../crypto/key-ring.ts'
import { type PathCiphers, keyTypeOf } from '../directives/path-cipher.ts'
import { type Policies, stored } from '../directives/policies.ts'
import { protectedPaths } from '../directives/protected-paths.ts'
import { createReencryptor } from '../directives/reencrypt-documents.ts'
import { createReindexer } from '../directives/reindex-documents.ts'
import type { SealedCollection } from '../rotation/sealed-collection.ts'
import type { Storage } from '../storage/connect-storage.ts'

/** What the jobs `reencrypt` and `reindex` work on: every model that has sealed fields. */
export function sealedCollections(
  policies: Policies,
  { documentScans }: Storage,
  ring: KeyRing,
  ciphers: PathCiphers,
): readonly SealedCollection[] {
  const reencryptor = createReencryptor(ring, ciphers, policies)
  const reindexer = createReindexer(ring, ciphers)
  return [...policies.models.values()].flatMap((model): SealedCollection[] => {
    const scan = documentScans.get(model.name)
    const paths = [...protectedPaths(model, policies).values()]
    if (scan === undefined || paths.length === 0) return []
    return [
      {
        name: model.name,
        keyTypes: new Set(paths.map(({ field }) => keyTypeOf(field))),
        searchable: paths.flatMap((path) => {
          const searched = ciphers.of(path, '').searched
          if (searched === undefined) return []
          const { tuple, version } = searched
          return [{ scopeId: tuple.holder.scopeId, keyType: tuple.keyType, version }]
        }),
        count: () => scan.count(),
        read: (after, limit) => scan.read(after, limit),
        tenants: () => scan.tenants(),
        reencrypt: async (documents, { keyTypes, formerScope, formerKeyType, apply }) => {
          const former = {
            ...(formerScope === undefined ? {} : { scope: formerScope }),
            ...(formerKeyType === undefined ? {} : { keyType: formerKeyType }),
          }
          const outcome = await reencryptor(documents, { model, keyTypes, former, apply })
          const { changed, stale, failed, unavailable } = outcome
          const { replaced } = await scan.replaceSealed(changed)
          return { stale, failed, unavailable, changed: replaced, contested: changed.length - replaced }
        },
        reindex: async (documents, plans, apply) => {
          const { counts, changed } = await reindexer(documents, model, plans)
          if (!apply) return { counts, changed: 0, contested: 0, duplicates: [] }
          const { replaced, duplicates } = await scan.replaceSealed(changed)
          const contested = changed.length - replaced - duplicates.length
          let apart = 0
          for (const { document, sealed } of changed) {
            const isRefused = duplicates.includes(String(document[stored.id])) && sealed.size > 1
            if (isRefused && (await scan.replaceEach(document, sealed))) apart += 1
          }
          return { counts, changed: replaced + apart, contested, duplicates }
        },
      },
    ]
  })
}
