import type { RetentionPolicy } from '../directives/policies.ts'
import { stored } from '../directives/policies.ts'
import type { StoredDocument, StoredModel } from './create-models.ts'
import { translated } from './translate-error.ts'

/** Beside the id: what must be as it was read. */
const comparedKeys = [stored.tenant, stored.subject, stored.revision]

export interface Redaction {
  /** As it was read. */
  readonly document: Readonly<StoredDocument>
  /** Paths with list positions. */
  readonly nulled: readonly string[]
  readonly unset: readonly string[]
}

/**
 * The documents of one model, for erasures: no request has any business here. It writes past mongoose's casts, because what
 * goes may be nothing that the schema knows; the write guard judges it all the same.
 */
export class SubjectDocuments {
  readonly #model: StoredModel

  constructor(model: StoredModel) {
    this.#model = model
  }

  /** At most `limit` documents of a subject whose ids follow `after`, in the order of their ids. */
  read(tenant: string, subject: string, after: string | undefined, limit: number): Promise<StoredDocument[]> {
    const filter = {
      [stored.tenant]: { $eq: tenant },
      [stored.subject]: { $eq: subject },
      ...(after === undefined ? {} : { [stored.id]: { $gt: after } }),
    }
    return this.#find(filter, limit, { [stored.id]: 1 })
  }

  /** At most `limit` documents of some subjects that were not redacted, in any order. */
  readUnredacted(tenant: string, subjects: readonly string[], limit: number): Promise<StoredDocument[]> {
    const filter = {
      [stored.tenant]: { $eq: tenant },
      [stored.subject]: { $in: [...subjects] },
      [stored.erased]: null,
    }
    return this.#find(filter, limit)
  }

  /**
   * At most `limit` documents, not redacted, that are older than a time, the oldest first: by a stored time, or by when the
   * id was made. An id that no gateway made tells no time, and its document is never too old.
   */
  readOlder(by: RetentionPolicy['by'], before: Date, limit: number): Promise<StoredDocument[]> {
    const { path, filter } = olderThan(by, before)
    return this.#find(filter, limit, { [path]: 1 })
  }

  /** How many {@link readOlder} would find without a limit. */
  countOlder(by: RetentionPolicy['by'], before: Date): Promise<number> {
    return translated(() => this.#model.collection.countDocuments(olderThan(by, before).filter))
  }

  /** Redacts documents that are as they were read. @returns how many were */
  async redact(redactions: readonly Redaction[], at: Date): Promise<number> {
    if (redactions.length === 0) return 0
    const updates = redactions.map(({ document, nulled, unset }) => ({
      updateOne: {
        filter: asRead(document),
        update: {
          $set: {
            ...Object.fromEntries(nulled.map((path) => [path, null])),
            [stored.revision]: (Number(document[stored.revision]) || 0) + 1,
            [stored.erased]: at,
          },
          ...(unset.length === 0 ? {} : { $unset: Object.fromEntries(unset.map((path) => [path, ''])) }),
        },
      },
    }))
    const { matchedCount } = await translated(() =>
      this.#model.collection.bulkWrite(updates as never, { ordered: false }),
    )
    return matchedCount
  }

  /** Deletes documents that are as they were read. @returns how many were */
  async remove(documents: readonly Readonly<StoredDocument>[]): Promise<number> {
    if (documents.length === 0) return 0
    const removals = documents.map((document) => ({ deleteOne: { filter: asRead(document) } }))
    const { deletedCount } = await translated(() =>
      this.#model.collection.bulkWrite(removals as never, { ordered: false }),
    )
    return deletedCount
  }

  #find(
    filter: Record<string, unknown>,
    limit: number,
    sort: Record<string, 1> = {},
  ): Promise<StoredDocument[]> {
    return translated(() =>
      this.#model.collection.find<StoredDocument>(filter).sort(sort).limit(limit).toArray(),
    )
  }
}

function asRead(document: Readonly<StoredDocument>): Record<string, unknown> {
  return {
    [stored.id]: document[stored.id],
    ...Object.fromEntries(comparedKeys.map((key) => [key, { $eq: document[key] ?? null }])),
  }
}

function olderThan(
  by: RetentionPolicy['by'],
  before: Date,
): { path: string; filter: Record<string, unknown> } {
  const path = by?.stored ?? stored.id
  const bounds = {
    DateTime: before,
    Date: before.toISOString().slice(0, 10),
    id: before.getTime().toString(16).padStart(12, '0'),
  }
  const older = { [stored.erased]: null, [path]: { $lt: bounds[by?.type ?? 'id'] } }
  const filter = by === undefined ? { $and: [older, { [path]: { $regex: '^[0-9a-f]{24}$' } }] } : older
  return { path, filter }
}
