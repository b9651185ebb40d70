import { type BsonDocument, decodeDocument } from '../bson/document.ts'
import { type Collection, idKeyOfEntry, type StoredDocument } from '../storage/collection.ts'
import { prefixBytes } from '../storage/storage-key.ts'
import type { KeyRange, Store } from '../storage/store.ts'
import type { Predicate } from './filter.ts'
import type { Plan } from './plan.ts'

export interface Found extends StoredDocument {
  /** Decoded, where the filter had to look at it. */
  readonly document: BsonDocument | undefined
}

/** How long one connection may work before others have their turn, in milliseconds. */
const sliceMilliseconds = 8

/** Lets other connections work. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** When the current slice of work ends. */
export function endOfSlice(): number {
  return performance.now() + sliceMilliseconds
}

/** Every so many documents a scan looks at the clock. */
const clockInterval = 16

/**
 * Walks a plan and gives the documents that match, in pieces: between two calls of `take` writes may happen, and the
 * walk goes on behind the last key it saw. A document that moves in an index meanwhile may be missed, but is never
 * given twice by a walk over one entry per document.
 */
export class Scan {
  /** How many documents were looked at. */
  examined = 0
  readonly #store: Store
  readonly #collection: Collection
  readonly #plan: Plan
  readonly #predicate: Predicate | undefined
  readonly #seen: Set<string> | undefined
  #access = 0
  #range = 0
  #lastKey: Buffer | undefined
  #done = false

  /** Without a predicate every document the plan reaches matches. */
  constructor(store: Store, collection: Collection, plan: Plan, predicate: Predicate | undefined) {
    this.#store = store
    this.#collection = collection
    this.#plan = plan
    this.#predicate = predicate
    const repeats = plan.accesses.length > 1 || plan.accesses.some(({ index }) => index?.multikey === true)
    this.#seen = repeats ? new Set() : undefined
  }

  get done(): boolean {
    return this.#done || this.#collection.dropped
  }

  /** Gives up to `count` matching documents, fewer when `until` (milliseconds) has come or nothing is left. */
  take(count: number, until: number): Found[] {
    const found: Found[] = []
    while (!this.done && found.length < count) {
      const access = this.#plan.accesses[this.#access]
      const range = access?.ranges[access.reverse ? access.ranges.length - 1 - this.#range : this.#range]
      if (access === undefined) this.#done = true
      else if (range === undefined) {
        this.#access += 1
        this.#range = 0
      } else if (this.#takeFrom(range, access.reverse, found, count, until)) return found
    }
    return found
  }

  /** Returns whether to stop; otherwise the range is exhausted. */
  #takeFrom(range: KeyRange, reverse: boolean, found: Found[], count: number, until: number): boolean {
    for (const { key, value } of this.#store.entries(this.#rest(range, reverse), reverse)) {
      this.#lastKey = key
      this.examined += 1
      const match = this.#match(key, value)
      if (match !== undefined && found.push(match) >= count) return true
      if (this.examined % clockInterval === 0 && performance.now() >= until) return true
    }
    this.#lastKey = undefined
    this.#range += 1
    return false
  }

  #rest({ low, high }: KeyRange, reverse: boolean): KeyRange {
    if (this.#lastKey === undefined) return { low, high }
    return reverse
      ? { low, high: this.#lastKey }
      : { low: Buffer.concat([this.#lastKey, Buffer.of(0)]), high }
  }

  #match(key: Buffer, value: Buffer): Found | undefined {
    const index = this.#plan.accesses[this.#access]?.index
    const idKey = index === undefined ? key.subarray(prefixBytes) : idKeyOfEntry(index, key, value)
    if (this.#seen !== undefined) {
      const text = idKey.toString('latin1')
      if (this.#seen.has(text)) return undefined
      this.#seen.add(text)
    }
    const bytes = index === undefined ? value : this.#collection.get(idKey)
    if (bytes === undefined) return undefined
    if (this.#predicate === undefined) return { idKey, bytes, document: undefined }
    const document = decodeDocument(bytes)
    return this.#predicate(document) ? { idKey, bytes, document } : undefined
  }
}
