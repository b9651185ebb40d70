import { CommandError, refuse } from '../command-error.ts'
import { isNumber, isPlainObject, toNumber } from '../bson/canonical-type.ts'
import { compareValues } from '../bson/compare-values.ts'
import type { BsonDocument } from '../bson/document.ts'
import { visitPath } from '../bson/document-path.ts'
import { encodeValueKey, invertKey } from '../bson/index-key.ts'

export interface SortField {
  readonly name: string
  readonly path: readonly string[]
  readonly descending: boolean
}

/** What an in-memory sort may hold, in bytes: MongoDB's own limit. */
export const sortMemoryLimit = 100 * 1024 * 1024

export function parseSort(sort: unknown): SortField[] {
  if (sort === undefined || sort === null) return []
  if (!isPlainObject(sort)) throw new CommandError('TypeMismatch', 'Expected field sort to be of type object')
  return Object.entries(sort).flatMap(([name, direction]) => {
    if (isPlainObject(direction)) throw refuse('$meta in a sort')
    const sign = isNumber(direction) ? toNumber(direction) : 0
    if (sign !== 1 && sign !== -1) throw new CommandError('BadValue', '$sort key ordering must be 1 or -1')
    if (name === '$natural') return sign === 1 ? [] : [{ name: '_id', path: ['_id'], descending: true }]
    return [{ name, path: name.split('.'), descending: sign === -1 }]
  })
}

/** Of an array the lowest element counts, or the highest where the order descends; an empty one is below null. */
function sortValue(document: BsonDocument, { path, descending }: SortField): unknown {
  let chosen: unknown = nothing
  const consider = (value: unknown): void => {
    const order = chosen === nothing ? 0 : compareValues(value, chosen)
    if (chosen === nothing || (descending ? order > 0 : order < 0)) chosen = value
  }
  visitPath(document, path, (value) => {
    if (!Array.isArray(value)) consider(value ?? null)
    else if (value.length === 0) consider(undefined)
    else value.forEach(consider)
    return false
  })
  return chosen === nothing ? null : chosen
}

const nothing = Symbol('nothing')

/** Bytes that compare as the sort orders documents. */
export function sortKeyOf(document: BsonDocument, sort: readonly SortField[]): Buffer {
  return Buffer.concat(
    sort.map((field) => {
      const code = encodeValueKey(sortValue(document, field))
      return field.descending ? invertKey(code) : code
    }),
  )
}

interface Sortable {
  readonly sortKey: Buffer
  readonly order: number
}

/**
 * Collects items and gives them back sorted and stable. With a limit it keeps no more than twice that many; what it
 * holds beyond MongoDB's memory limit is refused with its error.
 */
export class Sorter<Item> {
  readonly #limit: number
  #items: (Sortable & { readonly item: Item; readonly bytes: number })[] = []
  #bytes = 0
  #added = 0

  constructor(limit = Infinity) {
    this.#limit = limit
  }

  add(sortKey: Buffer, item: Item, itemBytes: number): void {
    const bytes = sortKey.length + itemBytes + 64
    this.#items.push({ sortKey, order: this.#added++, item, bytes })
    this.#bytes += bytes
    if (this.#items.length >= Math.max(2 * this.#limit, 256)) this.#trim()
    if (this.#bytes <= sortMemoryLimit) return
    this.#trim()
    if (this.#bytes > sortMemoryLimit) {
      throw new CommandError(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `Sort exceeded memory limit of ${sortMemoryLimit} bytes; the embedded server does not sort on disk`,
      )
    }
  }

  #trim(): void {
    this.#items.sort((a, b) => Buffer.compare(a.sortKey, b.sortKey) || a.order - b.order)
    if (this.#items.length <= this.#limit) return
    this.#items.length = this.#limit
    this.#bytes = this.#items.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  finish(): Item[] {
    this.#trim()
    return this.#items.map(({ item }) => item)
  }
}
