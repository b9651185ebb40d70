import type { SealedField } from '../crypto/sealed-field.ts'
import { stored } from '../directives/policies.ts'
import type { StoredDocument, StoredModel } from './create-models.ts'
import { toStoredField } from './stored-field.ts'
import { translated } from './translate-error.ts'

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
   * Replaces sealed fields of documents that are still at the revision at which they were read, and counts it up.
   *
   * @returns how many documents were
   */
  async replaceSealed(
    changes: readonly {
      readonly document: Readonly<StoredDocument>
      /** By path with list positions. */
      readonly sealed: ReadonlyMap<string, SealedField>
    }[],
  ): Promise<number> {
    if (changes.length === 0) return 0
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
    const { matchedCount } = await translated(() => this.#model.bulkWrite(updates, { ordered: false }))
    return matchedCount
  }
}
