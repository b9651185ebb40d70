import { CommandError } from '../command-error.ts'
import { type BsonDocument, decodeDocument } from '../bson/document.ts'
import type { Collection } from '../storage/collection.ts'
import type { Store } from '../storage/store.ts'
import { compileFilter, type Predicate } from './filter.ts'
import { planQuery } from './plan.ts'
import { endOfSlice, type Found, nextTurn, Scan } from './scan.ts'
import { parseSort, sortKeyOf, Sorter } from './sort.ts'

export interface DocumentQuery {
  readonly filter: BsonDocument
  readonly sort?: unknown
  readonly skip?: number
  /** Absent or 0: no limit. */
  readonly limit?: number
  readonly hint?: unknown
  /** In milliseconds, for the whole work of one call. */
  readonly maxTimeMS?: number
}

/** A stream of documents that is asked for one batch at a time. */
export interface DocumentSource {
  /** Up to `count` documents; fewer than that only at the end. */
  next(count: number): Promise<Found[]>
  readonly done: boolean
}

/** Throws MaxTimeMSExpired after so many milliseconds. */
export function startClock(maxTimeMS: number | undefined): () => void {
  if (maxTimeMS === undefined || maxTimeMS === 0) return () => undefined
  const end = performance.now() + maxTimeMS
  return () => {
    if (performance.now() > end) throw new CommandError('MaxTimeMSExpired', 'operation exceeded time limit')
  }
}

/** Matching documents straight from the scan. */
class ScanSource implements DocumentSource {
  readonly #scan: Scan
  readonly #checkTime: () => void
  #skip: number
  #left: number

  constructor(scan: Scan, skip: number, limit: number, checkTime: () => void) {
    this.#scan = scan
    this.#skip = skip
    this.#left = limit
    this.#checkTime = checkTime
  }

  get done(): boolean {
    return this.#left <= 0 || this.#scan.done
  }

  async next(count: number): Promise<Found[]> {
    const batch: Found[] = []
    for (;;) {
      const wanted = Math.min(count - batch.length, this.#left)
      if (wanted <= 0 || this.#scan.done) return batch
      const found = this.#scan.take(this.#skip > 0 ? Math.min(this.#skip, 1000) : wanted, endOfSlice())
      if (this.#skip > 0) this.#skip -= found.length
      else {
        batch.push(...found)
        this.#left -= found.length
        if (batch.length >= count || this.done) return batch
      }
      this.#checkTime()
      await nextTurn()
    }
  }
}

/** Documents in the order of a finished sort, which kept their keys only. */
class SortedSource implements DocumentSource {
  readonly #collection: Collection
  readonly #predicate: Predicate | undefined
  readonly #idKeys: Buffer[]
  #at = 0

  constructor(collection: Collection, predicate: Predicate | undefined, idKeys: Buffer[]) {
    this.#collection = collection
    this.#predicate = predicate
    this.#idKeys = idKeys
  }

  get done(): boolean {
    return this.#at >= this.#idKeys.length || this.#collection.dropped
  }

  next(count: number): Promise<Found[]> {
    const batch: Found[] = []
    while (batch.length < count && !this.done) {
      const idKey = this.#idKeys[this.#at++]
      const bytes = idKey === undefined ? undefined : this.#collection.get(idKey)
      if (idKey === undefined || bytes === undefined) continue
      const document = decodeDocument(bytes)
      if (this.#predicate?.(document) === false) continue
      batch.push({ idKey, bytes, document })
    }
    return Promise.resolve(batch)
  }
}

/** The predicate of a filter, or undefined when every document matches. */
export function predicateOf(filter: BsonDocument): Predicate | undefined {
  return Object.keys(filter).length === 0 ? undefined : compileFilter(filter)
}

/** Finds documents by filter, in order, with skip and limit. Work is cut into slices between which others run. */
export async function findDocuments(
  store: Store,
  collection: Collection,
  query: DocumentQuery,
): Promise<DocumentSource> {
  const checkTime = startClock(query.maxTimeMS)
  const sort = parseSort(query.sort)
  const predicate = predicateOf(query.filter)
  const plan = planQuery(store, collection, query.filter, sort, query.hint)
  const scan = new Scan(store, collection, plan, plan.exact ? undefined : predicate)
  const skip = query.skip ?? 0
  const limit = query.limit === undefined || query.limit === 0 ? Infinity : query.limit
  if (plan.sorted) return new ScanSource(scan, skip, limit, checkTime)
  const sorter = new Sorter<Buffer>(skip + limit)
  while (!scan.done) {
    for (const { idKey, bytes, document } of scan.take(1000, endOfSlice())) {
      sorter.add(sortKeyOf(document ?? decodeDocument(bytes), sort), idKey, idKey.length)
    }
    checkTime()
    await nextTurn()
  }
  return new SortedSource(collection, predicate, sorter.finish().slice(skip))
}
