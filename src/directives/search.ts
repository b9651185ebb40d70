import type { BlindIndex } from '../crypto/blind-index.ts'
import type { IndexKey, IndexPath } from '../crypto/index-keys.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import type { TermSlot } from '../crypto/sealed-field.ts'
import { GatewayError } from '../errors.ts'
import type { Decisions, RowScope } from './decisions.ts'
import type { PathCipher, PathCiphers } from './path-cipher.ts'
import { type FieldPolicy, isProtected, type ModelPolicy } from './policies.ts'

export type Comparison = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'in'

/** A filter in terms of stored paths, for the repository. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'not'; readonly condition: Condition }
  | {
      readonly kind: 'compare'
      readonly path: string
      readonly comparison: Comparison
      readonly value: unknown
    }
  | {
      readonly kind: 'terms'
      readonly path: string
      readonly slot: TermSlot
      readonly terms: readonly Buffer[]
    }

/** A search on an encrypted path, so that what matched can be decrypted and compared. */
export interface SearchedPath {
  readonly field: FieldPolicy
  readonly values: readonly unknown[]
  /** The terms of the values, in their order. */
  readonly terms: readonly Buffer[]
  readonly slot: TermSlot
  /** What the terms were made by. */
  readonly index: BlindIndex
}

export interface Search {
  readonly condition: Condition | undefined
  /** The rows in which everything that the filter and the order name may be seen in clear. */
  readonly rows: Exclude<RowScope, 'none'>
  readonly searched: readonly SearchedPath[]
}

type Input = Readonly<Record<string, unknown>>

export interface SearchOptions {
  readonly model: ModelPolicy
  readonly filter: Input | null | undefined
  readonly orderBy: FieldPolicy | undefined
  readonly decisions: Decisions
}

/** Turns filters into conditions, with blind-index terms in the place of protected values. */
export interface Searcher {
  /**
   * @throws FORBIDDEN with the coordinate when the filter or order names a field that the viewer may see in clear nowhere;
   * LIMIT_EXCEEDED when the filter is too large; BAD_USER_INPUT when a field does not support what is asked; KEY_UNAVAILABLE when terms cannot be made
   */
  prepare(options: SearchOptions): Promise<Search>
}

export function createSearcher(ring: KeyRing, ciphers: PathCiphers): Searcher {
  return {
    async prepare({ model, filter, orderBy, decisions }) {
      const reader = new FilterReader(model, decisions)
      if (orderBy !== undefined) reader.permit(orderBy)
      if (filter == null) return { condition: undefined, rows: reader.rows, searched: [] }
      const paths = reader
        .searchedFields(filter)
        .map((field) => indexOf(cipherOf(model, field, decisions, ciphers), field).path)
      const lease = ring.openLease()
      try {
        await lease.collectIndexes(paths)
        const condition = reader.read(filter, (field) => {
          const { index, path } = indexOf(cipherOf(model, field, decisions, ciphers), field)
          const { read } = lease.indexKeys(path.tuple).keys
          return { ...read, index: index.at(read.version) }
        })
        return { condition, rows: reader.rows, searched: reader.searched }
      } finally {
        lease.release()
      }
    },
  }
}

/** Values and conditions of one filter. Each is work for the database, and for a protected field an HMAC and a decryption. */
const mostFilterParts = 1_000

/** Under which key and by which index a field is searched at this moment. */
type FindIndex = (field: FieldPolicy) => Pick<IndexKey, 'slot' | 'key'> & { readonly index: BlindIndex }

const combinators: readonly string[] = ['and', 'or', 'not']

class FilterReader {
  rows: 'all' | 'own' = 'all'
  readonly searched: SearchedPath[] = []
  #parts = 0
  readonly #model: ModelPolicy
  readonly #decisions: Decisions

  constructor(model: ModelPolicy, decisions: Decisions) {
    this.#model = model
    this.#decisions = decisions
  }

  permit(field: FieldPolicy): void {
    if (!isProtected(field)) return
    const rows = this.#decisions.input(field.coordinate)
    if (rows === 'none') {
      throw new GatewayError('FORBIDDEN', {
        message: `Filtering or sorting by ${field.coordinate} needs the right to see it in clear.`,
        coordinate: field.coordinate,
      })
    }
    if (rows === 'own') this.rows = 'own'
  }

  /** Checks every field that the filter names before any key is asked for; returns the encrypted ones. */
  searchedFields(filter: Input, negated = false): readonly FieldPolicy[] {
    this.#count(1)
    return Object.entries(filter).flatMap(([name, value]) => {
      if (value == null) return []
      if (combinators.includes(name)) {
        return inputs(value).flatMap((inner) => this.searchedFields(inner, negated || name === 'not'))
      }
      const field = this.#field(name)
      this.permit(field)
      for (const operand of Object.values(value)) this.#count(Array.isArray(operand) ? operand.length : 1)
      if (field.protection.kind !== 'encrypted') return []
      if (negated) {
        const message = `${field.coordinate} is encrypted and supports \`eq\` and \`in\`, but not inside \`not\`.`
        throw new GatewayError('BAD_USER_INPUT', { message, coordinate: field.coordinate })
      }
      return [field]
    })
  }

  read(filter: Input, findIndex: FindIndex): Condition {
    const conditions = Object.entries(filter).flatMap(([name, value]): Condition[] => {
      if (value == null) return []
      if (name === 'not') return [{ kind: 'not', condition: this.read(value as Input, findIndex) }]
      if (name === 'and' || name === 'or') {
        return [{ kind: name, conditions: inputs(value).map((inner) => this.read(inner, findIndex)) }]
      }
      return this.#compare(this.#field(name), value as Input, findIndex)
    })
    return { kind: 'and', conditions }
  }

  #compare(field: FieldPolicy, operators: Input, findIndex: FindIndex): Condition[] {
    return Object.entries(operators).flatMap(([name, value]): Condition[] => {
      if (value === undefined) return []
      const comparison = name as Comparison
      if (value === null && comparison !== 'eq' && comparison !== 'ne') {
        throw new GatewayError('BAD_USER_INPUT', {
          message: `\`${name}\` of ${field.name} needs a value.`,
          coordinate: field.coordinate,
        })
      }
      if (field.protection.kind !== 'encrypted' || value === null) {
        return [{ kind: 'compare', path: field.stored, comparison, value }]
      }
      const values = comparison === 'in' ? (value as readonly unknown[]) : [value]
      const { slot, key, index } = findIndex(field)
      const terms = values.map((item) => index.term(key, item))
      this.searched.push({ field, values, terms, slot, index })
      return [{ kind: 'terms', path: field.stored, slot, terms }]
    })
  }

  #count(parts: number): void {
    this.#parts += parts
    if (this.#parts <= mostFilterParts) return
    const message = `A filter has at most ${mostFilterParts} conditions and values.`
    throw new GatewayError('LIMIT_EXCEEDED', { message, inputPath: 'filter' })
  }

  #field(name: string): FieldPolicy {
    const field = this.#model.fields.find((candidate) => candidate.name === name)
    if (field === undefined)
      throw new GatewayError('BAD_USER_INPUT', { message: `There is no field ${name}.` })
    return field
  }
}

function inputs(value: unknown): readonly Input[] {
  return Array.isArray(value) ? (value as readonly Input[]) : [value as Input]
}

function cipherOf(model: ModelPolicy, field: FieldPolicy, decisions: Decisions, ciphers: PathCiphers) {
  return ciphers.of({ collection: model.collection, path: field.stored, field }, decisions.tenant)
}

function indexOf(
  { index, searched }: PathCipher,
  { coordinate }: FieldPolicy,
): { readonly index: BlindIndex; readonly path: IndexPath } {
  if (index === undefined || searched === undefined)
    throw new GatewayError('INTERNAL_SERVER_ERROR', { coordinate })
  return { index, path: searched }
}
