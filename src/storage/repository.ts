import type { Draft } from '../directives/draft.ts'
import { stored } from '../directives/policies.ts'
import type { Condition } from '../directives/search.ts'
import { GatewayError } from '../errors.ts'
import { compileCondition } from './compile-condition.ts'
import type { StoredDocument, StoredModel } from './create-models.ts'
import { type Anchor, behind, type Order, sortOf } from './page.ts'
import { storedForm } from './stored-form.ts'
import { isDuplicateKey, indexPath, translated, UniqueViolation } from './translate-error.ts'

/** The rows that a call may touch: those of a tenant, or of one subject in it. */
export interface Rows {
  readonly tenant: string
  readonly subject?: string
}

export interface ListQuery {
  readonly rows: Rows
  readonly condition?: Condition
  readonly order?: Order
  readonly after?: string
  readonly limit: number
  /** See {@link Repository}. */
  readonly paths?: readonly string[]
}

type Filter = Record<string, unknown>

/**
 * Stores and finds the documents of one model, as ciphertext, lean. Every call is bound to a tenant. Where a call names
 * `paths`, documents come with these alone, and with their id, tenant, subject and revision; else they come whole.
 */
export class Repository {
  readonly #model: StoredModel

  constructor(model: StoredModel) {
    this.#model = model
  }

  findById(rows: Rows, id: string, paths?: readonly string[]): Promise<StoredDocument | null> {
    return translated(() =>
      this.#model
        .findOne({ ...within(rows), [stored.id]: { $eq: id } }, projectionOf(paths))
        .lean<StoredDocument>()
        .exec(),
    )
  }

  /** Documents whose value at a plain path is one of the given, in no particular order. */
  findByKeys(
    rows: Rows,
    path: string,
    values: readonly string[],
    limit: number,
    paths?: readonly string[],
  ): Promise<StoredDocument[]> {
    const filter = { ...within(rows), [path]: { $in: [...values] } }
    return translated(() =>
      this.#model
        .find(filter, projectionOf(paths && [path, ...paths]))
        .sort({ [stored.id]: 1 })
        .limit(limit)
        .lean<StoredDocument[]>()
        .exec(),
    )
  }

  /** Those of the given ids that exist, by id. */
  async findByElement(rows: Rows, path: string, elementId: string): Promise<StoredDocument | null> {
    const filter = { ...within(rows), [path]: { $eq: elementId } }
    return translated(() => this.#model.findOne(filter).lean<StoredDocument>().exec())
  }

  /** @throws BAD_USER_INPUT when the document that `after` names is not there any more */
  async list({ rows, condition, order, after, limit, paths }: ListQuery): Promise<StoredDocument[]> {
    const wanted = condition === undefined ? {} : compileCondition(condition)
    const parts = after === undefined ? [{}] : behind(order, await this.#anchor(rows, order, after))
    const found: StoredDocument[] = []
    for (const part of parts) {
      const filled = [wanted, part].filter((filter) => Object.keys(filter).length > 0)
      const filter = { ...within(rows), ...(filled.length > 0 ? { $and: filled } : {}) }
      const query = this.#model.find(filter, projectionOf(paths)).sort(sortOf(order))
      found.push(
        ...(await translated(() =>
          query
            .limit(limit - found.length)
            .lean<StoredDocument[]>()
            .exec(),
        )),
      )
      if (found.length >= limit) break
    }
    return found
  }

  /**
   * Inserts sealed drafts; each is stored whole or not at all.
   * @returns for each draft the stored document, or why it was not stored
   */
  async insert(drafts: readonly Draft[]): Promise<readonly (StoredDocument | GatewayError)[]> {
    if (drafts.length === 0) return []
    const documents = drafts.map((draft): StoredDocument => ({
      [stored.id]: draft.id,
      [stored.tenant]: draft.tenant,
      [stored.subject]: draft.subject,
      [stored.revision]: 1,
      ...(storedForm(draft.changes) as StoredDocument),
    }))
    const failures = new Map<number, GatewayError>()
    await translated(async () => {
      try {
        await this.#model.insertMany(documents, { ordered: false, lean: true })
      } catch (error) {
        const writeErrors = (error as { writeErrors?: unknown }).writeErrors
        if (!Array.isArray(writeErrors) || writeErrors.length === 0) throw error
        for (const writeError of writeErrors as { index: number; err?: object }[]) {
          const cause = writeError.err ?? writeError
          failures.set(
            writeError.index,
            isDuplicateKey(cause)
              ? new UniqueViolation(indexPath(cause))
              : new GatewayError('INTERNAL_SERVER_ERROR'),
          )
        }
      }
    })
    return documents.map((document, index) => failures.get(index) ?? document)
  }

  /**
   * Stores the changes of a sealed draft if the document is still at a revision.
   * @returns the document as it is now; undefined when it is gone, out of reach or at another revision
   */
  async update(rows: Rows, draft: Draft, revision: number): Promise<StoredDocument | undefined> {
    const filter = {
      ...within(rows),
      [stored.id]: draft.id,
      [stored.subject]: draft.subject,
      [stored.revision]: revision,
    }
    const update = {
      $set: { ...(storedForm(draft.changes) as StoredDocument), [stored.revision]: revision + 1 },
    }
    const { matchedCount } = await translated(() => this.#model.updateOne(filter, update).exec())
    if (matchedCount === 0) return undefined
    return (await this.findById(rows, draft.id)) ?? undefined
  }

  /** @returns the document as it was; null when there was none */
  delete(rows: Rows, id: string): Promise<StoredDocument | null> {
    const filter = { ...within(rows), [stored.id]: { $eq: id } }
    return translated(() => this.#model.findOneAndDelete(filter).lean<StoredDocument>().exec())
  }

  async #anchor(rows: Rows, order: Order | undefined, id: string): Promise<Anchor> {
    if (order === undefined || order.path === stored.id) return { id, value: id }
    const document = await this.findById(rows, id, [order.path])
    if (document === null) {
      throw new GatewayError('BAD_USER_INPUT', {
        message: 'The page that `after` names is gone.',
        inputPath: 'after',
      })
    }
    return { id, value: document[order.path] }
  }
}

/** Undefined for whole documents. */
function projectionOf(paths: readonly string[] | undefined): Record<string, 1> | undefined {
  if (paths === undefined) return undefined
  const known = [stored.id, stored.tenant, stored.subject, stored.revision, stored.erased]
  return Object.fromEntries([...known, ...paths].map((path) => [path, 1]))
}

function within({ tenant, subject }: Rows): Filter {
  return {
    [stored.tenant]: { $eq: tenant },
    ...(subject === undefined ? {} : { [stored.subject]: { $eq: subject } }),
  }
}
