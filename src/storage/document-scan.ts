import type { SealedField } from '../crypto/sealed-field.ts'
import { stored } from '../directives/policies.ts'
import type { StoredDocument, StoredModel } from './create-models.ts'
import { toStoredField } from './stored-field.ts'
import { isDuplicateKey, translated } from './translate-error.ts'

/** Beside the id: what must be as it was read. */
const comparedKeys = [stored.tenant, stored.subject, stored.revision]

/** All documents of one model, of every tenant, for jobs: no request has any business here. */
export class DocumentScan {
  readonly #model: StoredModel

  constructor(model: StoredModel) {
    this.#model = model
  }

  /** About how many there are. */
  count(): Promise<number> {
    return translated(() => this.#model.estimatedDocumentCount().exec())
  }

  /** At most `limit` documents whose ids follow `after`, in the order of their ids. */
  read(after: string | undefined, limit: number): Promise<StoredDocument[]> {
    const filter = after === undefined ? {} : { [stored.id]: { $gt: after } }
    return translated(() =>
      this.#model
        .find(filter)
        .sort({ [stored.id]: 1 })
        .limit(limit)
        .lean<StoredDocument[]>()
        .exec(),
    )
  }

  /**
   * Replaces the sealed fields of one document one by one, so that one that a unique index refuses does not keep back others.
   *
   * @returns whether any was
   */
  async replaceEach(
    document: Readonly<StoredDocument>,
    sealed: ReadonlyMap<string, SealedField>,
  ): Promise<boolean> {
    let revision = Number(document[stored.revision])
    for (const [position, field] of sealed) {
      const current = { ...document, [stored.revision]: revision }
      const { replaced } = await this.replaceSealed([
        { document: current, sealed: new Map([[position, field]]) },
      ])
      revision += replaced
    }
    return revision > Number(document[stored.revision])
  }

  /** The tenants that have any document. */
  async tenants(): Promise<string[]> {
    const found: string[] = []
    for (;;) {
      const after = found.at(-1)
      const filter = after === undefined ? {} : { [stored.tenant]: { $gt: after } }
      const next = await translated(() =>
        this.#model
          .findOne(filter, { [stored.tenant]: 1 })
          .sort({ [stored.tenant]: 1, [stored.id]: 1 })
          .lean<StoredDocument>()
          .exec(),
      )
      if (next === null) return found
      found.push(String(next[stored.tenant]))
    }
  }

  /**
   * Replaces sealed fields of documents that are still at the revision at which they were read, and counts it up.
   *
   * @returns how many documents were, and the ids of those that a unique index refused
   */
  async replaceSealed(
    changes: readonly {
      readonly document: Readonly<StoredDocument>
      /** By path with list positions. */
      readonly sealed: ReadonlyMap<string, SealedField>
    }[],
  ): Promise<{ readonly replaced: number; readonly duplicates: readonly string[] }> {
    if (changes.length === 0) return { replaced: 0, duplicates: [] }
    const updates = changes.map(({ document, sealed }) => ({
      updateOne: {
        filter: {
          [stored.id]: String(document[stored.id]),
          ...Object.fromEntries(comparedKeys.map((key) => [key, { $eq: document[key] }])),
        },
        update: {
          $set: {
            ...Object.fromEntries([...sealed].map(([position, field]) => [position, toStoredField(field)])),
            [stored.revision]: Number(document[stored.revision]) + 1,
          },
        },
      },
    }))
    return translated(async () => {
      try {
        const { matchedCount } = await this.#model.bulkWrite(updates, { ordered: false })
        return { replaced: matchedCount, duplicates: [] }
      } catch (error) {
        const refused = refusedPositions(error)
        if (refused === undefined) throw error
        const { matchedCount } = (error as { result: { matchedCount: number } }).result
        return {
          replaced: matchedCount,
          duplicates: refused.map((position) => String(changes[position]?.document[stored.id])),
        }
      }
    })
  }
}

/** Of a bulk write: which of its updates a unique index refused; undefined when anything else went wrong. */
function refusedPositions(error: unknown): readonly number[] | undefined {
  const { writeErrors } = error as { writeErrors?: unknown }
  const failures = (Array.isArray(writeErrors) ? writeErrors : [writeErrors]) as {
    index: number
    err?: object
  }[]
  if (writeErrors === undefined || failures.length === 0) return undefined
  return failures.every((failure) => isDuplicateKey(failure.err ?? failure))
    ? failures.map(({ index }) => index)
    : undefined
}
