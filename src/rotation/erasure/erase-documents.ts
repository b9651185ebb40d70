import type { AuditWriter } from '../../audit/audit-log.ts'
import type { KeyStore } from '../../crypto/key-store.ts'
import type { ErasableDocument, SubjectCollection } from './subject-collection.ts'

export interface EraseContext {
  readonly keyStore: KeyStore
  /** Absent: no audit log is kept. */
  readonly audit: AuditWriter | undefined
  readonly job: { readonly id: string; readonly startedBy: string }
  readonly at: Date
}

/**
 * Erases some documents of a model: the log first, then keys that are theirs alone, then what is stored. Whatever is done by
 * then may be done again.
 *
 * @returns how many were as they had been read, and are erased now
 */
export async function eraseDocuments(
  collection: SubjectCollection,
  documents: readonly ErasableDocument[],
  { keyStore, audit, job, at }: EraseContext,
): Promise<number> {
  if (documents.length === 0) return 0
  for (const tenant of new Set(documents.map((document) => document.tenant))) {
    const ofTenant = documents.filter((document) => document.tenant === tenant)
    await audit?.append({
      requestId: job.id,
      tenant,
      viewer: job.startedBy,
      viewerKind: 'service',
      at: new Date(),
      operation: null,
      purpose: null,
      events: [{ coordinate: collection.name, outcome: 'erased', documents: ofTenant }],
    })
  }
  const holders = documents.flatMap((document) => document.holders)
  for (const holder of holders) {
    await keyStore.closeRow(holder)
    await keyStore.destroyRow(holder)
  }
  if (holders.length > 0) await keyStore.advanceEpoch()
  return collection.erase(documents, at)
}
