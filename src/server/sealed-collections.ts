import type { Policies } from '../directives/policies.ts'
import { keyTypeOf } from '../directives/path-cipher.ts'
import { protectedPaths } from '../directives/protected-paths.ts'
import type { Reencryptor } from '../directives/reencrypt-documents.ts'
import type { SealedCollection } from '../rotation/sealed-collection.ts'
import type { Storage } from '../storage/connect-storage.ts'

/** What the job `reencrypt` works on: every model that has sealed fields. */
export function sealedCollections(
  policies: Policies,
  { documentScans }: Storage,
  reencryptor: Reencryptor,
): readonly SealedCollection[] {
  return [...policies.models.values()].flatMap((model): SealedCollection[] => {
    const scan = documentScans.get(model.name)
    const paths = [...protectedPaths(model, policies).values()]
    if (scan === undefined || paths.length === 0) return []
    return [
      {
        name: model.name,
        keyTypes: new Set(paths.map(({ field }) => keyTypeOf(field))),
        count: () => scan.count(),
        read: (after, limit) => scan.read(after, limit),
        reencrypt: async (documents, { keyTypes, formerScope, formerKeyType, apply }) => {
          const former = {
            ...(formerScope === undefined ? {} : { scope: formerScope }),
            ...(formerKeyType === undefined ? {} : { keyType: formerKeyType }),
          }
          const outcome = await reencryptor(documents, { model, keyTypes, former, apply })
          const { changed, stale, failed, unavailable } = outcome
          const stored = await scan.replaceSealed(changed)
          return { stale, failed, unavailable, changed: stored, contested: changed.length - stored }
        },
      },
    ]
  })
}
