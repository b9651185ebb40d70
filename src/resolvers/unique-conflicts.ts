import type { Draft } from '../directives/draft.ts'
import type { FieldPolicy, ModelPolicy } from '../directives/policies.ts'
import type { StoredObject } from '../directives/reveal-documents.ts'
import { GatewayError } from '../errors.ts'
import type { Attempts } from '../storage/attempts.ts'
import type { Repository } from '../storage/repository.ts'
import { UniqueViolation } from '../storage/translate-error.ts'
import type { RequestContext } from './request-context.ts'

/** Taken values that a viewer may meet in a collection within 15 minutes, unless they may see the values anyway. */
const mostConflicts = 20

/** Documents that could tell of a value are inserted this many at a time, so that a batch is no way around the limit. */
const insertedAtOnce = 100

export type InsertOutcomes = ReadonlyMap<Draft, StoredObject | GatewayError>

/**
 * A unique violation says that a value exists. Whoever may see the field in clear in every row is told which field it was, and
 * may try as often as they like: a search would tell them too. All others are told that there is a conflict, and may meet
 * only so many. Each is recorded.
 */
export class UniqueConflicts {
  readonly #model: ModelPolicy
  readonly #context: RequestContext
  readonly #attempts: Attempts
  readonly #name: string
  /** The unique fields whose values the viewer may not know. */
  readonly #hidden: readonly FieldPolicy[]

  constructor(model: ModelPolicy, context: RequestContext, attempts: Attempts) {
    const { decisions, viewer } = context
    this.#model = model
    this.#context = context
    this.#attempts = attempts
    this.#name = `unique ${JSON.stringify([model.collection, decisions.tenant, viewer.kind, viewer.id ?? null])}`
    const seesAllRows = decisions.rows(model.name, 'read') === 'all'
    this.#hidden = model.fields.filter(
      (field) => isUnique(field) && !(seesAllRows && decisions.input(field.coordinate) === 'all'),
    )
  }

  /** Inserts sealed drafts; each is stored whole or not at all. */
  async insert(repository: Repository, drafts: readonly Draft[]): Promise<InsertOutcomes> {
    const outcomes = new Map<Draft, StoredObject | GatewayError>()
    const silent = drafts.filter((draft) => !this.#couldTell(draft))
    const telling = drafts.filter((draft) => this.#couldTell(draft))
    const portions = [silent]
    for (let start = 0; start < telling.length; start += insertedAtOnce)
      portions.push(telling.slice(start, start + insertedAtOnce))
    for (const portion of portions) {
      if (portion.length === 0) continue
      const results = await this.#insertPortion(repository, portion).catch((error: unknown) => {
        // What was stored before is reported as stored.
        if (outcomes.size === 0 || !(error instanceof GatewayError)) throw error
        return portion.map(() => error)
      })
      portion.forEach((draft, index) =>
        outcomes.set(draft, results[index] ?? new GatewayError('INTERNAL_SERVER_ERROR')),
      )
    }
    return outcomes
  }

  /**
   * Runs a write of one sealed draft.
   * @throws LIMIT_EXCEEDED before it, when it could tell of a value and the viewer met too many; CONFLICT in the place of a unique
   * violation
   */
  async guard<T>(draft: Draft, write: () => Promise<T>): Promise<T> {
    await this.#assertMayStore([draft])
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error
      const told = this.#explain(error, draft)
      await this.#count([told])
      throw told
    }
  }

  async #insertPortion(
    repository: Repository,
    drafts: readonly Draft[],
  ): Promise<readonly (StoredObject | GatewayError)[]> {
    await this.#assertMayStore(drafts)
    const results = await repository.insert(drafts)
    const told = drafts.map((draft, index) => {
      const result = results[index] ?? new GatewayError('INTERNAL_SERVER_ERROR')
      return result instanceof UniqueViolation ? this.#explain(result, draft) : result
    })
    await this.#count(told)
    return told
  }

  #couldTell({ changes }: Draft): boolean {
    return this.#hidden.some(({ stored }) => changes[stored] !== undefined && changes[stored] !== null)
  }

  async #assertMayStore(drafts: readonly Draft[]): Promise<void> {
    if (!drafts.some((draft) => this.#couldTell(draft))) return
    if (await this.#attempts.mayTry(this.#name, mostConflicts)) return
    throw new GatewayError('LIMIT_EXCEEDED', {
      message: 'Too many values were taken already; try again later.',
    })
  }

  #explain({ path }: UniqueViolation, { id, subject }: Draft): GatewayError {
    const field = this.#model.fields.find(({ stored }) => stored === path)
    const coordinate = field?.coordinate ?? this.#model.name
    this.#context.audit.record({ coordinate, id, subject, outcome: 'conflicted' })
    if (field === undefined || this.#hidden.includes(field)) return new GatewayError('CONFLICT')
    const message = `Another document has the same ${field.name}.`
    return new GatewayError('CONFLICT', { message, coordinate })
  }

  /** Counts the conflicts that told of a value without saying which. */
  async #count(results: readonly (StoredObject | GatewayError)[]): Promise<void> {
    const met = results.filter(
      (result) =>
        result instanceof GatewayError && result.code === 'CONFLICT' && result.coordinate === undefined,
    ).length
    if (met > 0) await this.#attempts.take(this.#name, mostConflicts, met)
  }
}

function isUnique({ protection, index }: FieldPolicy): boolean {
  return index?.unique === true || (protection.kind === 'encrypted' && protection.unique)
}
