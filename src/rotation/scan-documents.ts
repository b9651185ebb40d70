import { scanPages } from './scan-pages.ts'
import type { SealedCollection, SealedDocument } from './sealed-collection.ts'

/** How far a scan of all collections is. */
export interface DocumentPlace {
  /** Which of the collections is worked on. */
  readonly collection: number
  /** The last document of it that is done. */
  readonly after?: string
}

export interface DocumentScanOptions<Result> {
  readonly from: DocumentPlace
  readonly pageSize: number
  readonly work: (collection: SealedCollection, documents: readonly SealedDocument[]) => Promise<Result>
  /** Called for each page in the order of the documents, when it and all before it are done. */
  readonly done: (
    result: Result,
    page: {
      readonly collection: SealedCollection
      readonly length: number
      readonly place: DocumentPlace
      /** About how many documents there are in all. */
      readonly total: number
    },
  ) => Promise<void>
}

/** Works on the documents of all collections, one collection behind the other. */
export async function scanDocuments<Result>(
  collections: readonly SealedCollection[],
  { from, pageSize, work, done }: DocumentScanOptions<Result>,
): Promise<void> {
  const counts = await Promise.all(collections.map((one) => one.count()))
  const total = counts.reduce((sum, count) => sum + count, 0)
  for (const [index, collection] of collections.entries()) {
    if (index < from.collection) continue
    await scanPages({
      read: (after, limit) => collection.read(after, limit),
      nameOf: (document) => String(document._id),
      after: index === from.collection ? from.after : undefined,
      pageSize,
      work: (documents) => work(collection, documents),
      done: (result, { length, last }) =>
        done(result, { collection, length, place: { collection: index, after: last }, total }),
    })
  }
}
