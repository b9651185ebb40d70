import { CommandError } from '../command-error.ts'
import type { BsonDocument } from '../bson/document.ts'
import { isPlainObject } from '../bson/canonical-type.ts'
import { equalValues } from '../bson/compare-values.ts'
import { type Collection, idDescends, type StoredIndex } from '../storage/collection.ts'
import { comparableBytes, keyPrefix, successor } from '../storage/storage-key.ts'
import type { KeyRange, Store } from '../storage/store.ts'
import { admitNull, type Interval, intervalsFor, invertIntervals, saysEverything } from './intervals.ts'
import type { SortField } from './sort.ts'

/** One way through stored keys to all documents that can match. */
export interface Access {
  /** Undefined for the documents themselves, which are in the order of `_id`. */
  readonly index: StoredIndex | undefined
  /** Disjoint, in ascending order. */
  readonly ranges: readonly KeyRange[]
  readonly reverse: boolean
  /** Whether the filter bounds the ranges. */
  readonly bounded: boolean
}

export interface Plan {
  /** More than one for an `$or` whose branches use different indexes. */
  readonly accesses: readonly Access[]
  /** The documents come in the order that was asked for. */
  readonly sorted: boolean
  /** Every document that is reached matches. */
  readonly exact: boolean
}

interface Candidate extends Access {
  readonly matchedFields: number
  readonly points: boolean
  readonly sorted: boolean
  readonly exact: boolean
}

const mostRanges = 2000

/** How many documents are sorted in memory without looking for an index in their order. */
const cheapToSort = 2000

interface Bounds {
  readonly intervals: readonly Interval[]
  readonly matchedFields: number
  readonly pinned: ReadonlySet<number>
  readonly points: boolean
  readonly admitsNull: boolean
}

function boundFields(
  fields: readonly { readonly name: string; readonly descending: boolean }[],
  multikey: boolean,
  filter: BsonDocument,
): Bounds {
  let intervals: readonly Interval[] = [{ low: Buffer.alloc(0), high: Buffer.from([0xff]), point: true }]
  const pinned = new Set<number>()
  let matchedFields = 0
  let points = true
  let admitsNull = true
  for (const [i, { name, descending }] of fields.entries()) {
    const found = intervalsFor(filter, name, multikey)
    if (found === undefined || found.length * intervals.length > mostRanges) break
    const next = descending ? invertIntervals(found) : found
    intervals = intervals.flatMap((outer) =>
      next.map(({ low, high, point }) => ({
        low: Buffer.concat([outer.low, low]),
        high: Buffer.concat([outer.low, high]),
        point,
      })),
    )
    matchedFields += 1
    if (!admitNull(found)) admitsNull = false
    if (found.length === 1 && found[0]?.point === true) pinned.add(i)
    if (!next.every(({ point }) => point)) {
      points = false
      break
    }
    if (multikey && fields.length > 1) break
  }
  return { intervals, matchedFields, pinned, points: points && matchedFields === fields.length, admitsNull }
}

/** Adds the prefix, and shortens bounds to what can be compared with stored keys. */
function toRanges(prefix: Buffer, intervals: readonly Interval[], comparable: number): KeyRange[] {
  return intervals.map(({ low, high }) => ({
    low: Buffer.concat([prefix, low.subarray(0, comparable)]),
    high:
      high.length > comparable
        ? successor(Buffer.concat([prefix, high.subarray(0, comparable)]))
        : Buffer.concat([prefix, high]),
  }))
}

/** Whether keys of these fields, read one way or the other, come in the wanted order. Undefined if they do not. */
function orderOf(
  fields: readonly { readonly name: string; readonly descending: boolean }[],
  pinned: ReadonlySet<number>,
  sort: readonly SortField[],
): { reverse: boolean } | undefined {
  const pinnedNames = new Set([...pinned].map((i) => fields[i]?.name))
  const wanted = sort.filter(({ name }) => !pinnedNames.has(name))
  let reverse: boolean | undefined
  let at = 0
  for (const [i, field] of fields.entries()) {
    const next = wanted[at]
    if (next === undefined) break
    if (field.name !== next.name) {
      if (pinned.has(i)) continue
      return undefined
    }
    const against = field.descending !== next.descending
    if (reverse !== undefined && reverse !== against) return undefined
    reverse = against
    at += 1
  }
  return at === wanted.length ? { reverse: reverse ?? false } : undefined
}

const idField = { name: '_id', descending: false }

function documentCandidate(
  collection: Collection,
  filter: BsonDocument,
  sort: readonly SortField[],
): Candidate {
  const { state } = collection
  const bounds = boundFields([idField], false, filter)
  const order = state.idsShortened ? undefined : orderOf([idField], bounds.pinned, sort)
  const prefix = keyPrefix('document', state.id)
  return {
    index: undefined,
    ranges: toRanges(prefix, bounds.intervals, comparableBytes('id')),
    bounded: bounds.matchedFields > 0,
    matchedFields: bounds.matchedFields,
    points: bounds.points,
    reverse: order?.reverse ?? false,
    sorted: order !== undefined || sort.length === 0,
    exact: !state.idsShortened && saysEverything(filter, ['_id'].slice(0, bounds.matchedFields)),
  }
}

function partialFilterHolds(partial: BsonDocument, filter: BsonDocument): boolean {
  return Object.entries(partial).every(([name, condition]) => equalValues(filter[name], condition))
}

function indexCandidate(
  index: StoredIndex,
  idsShortened: boolean,
  filter: BsonDocument,
  sort: readonly SortField[],
): Candidate | undefined {
  if (index.building) return undefined
  if (index.partialFilter !== undefined && !partialFilterHolds(index.partialFilter, filter)) return undefined
  if (index.multikey && index.fields.some(({ path }) => path.some((part) => /^\d+$/.test(part))))
    return undefined
  const bounds = boundFields(index.fields, index.multikey, filter)
  if (index.sparse && bounds.admitsNull) return undefined
  const tieBreak = idsShortened ? [] : [{ name: '_id', descending: idDescends(index) }]
  const exact = !index.multikey && !index.shortened
  const names = index.fields.map(({ name }) => name)
  const order = exact ? orderOf([...index.fields, ...tieBreak], bounds.pinned, sort) : undefined
  const sorted = order !== undefined || sort.length === 0
  if (bounds.matchedFields === 0 && (!sorted || sort.length === 0)) return undefined
  return {
    index,
    ranges: toRanges(keyPrefix('entry', index.id), bounds.intervals, comparableBytes('fields')),
    bounded: bounds.matchedFields > 0,
    matchedFields: bounds.matchedFields,
    points: bounds.points,
    reverse: order?.reverse ?? false,
    sorted,
    exact: exact && saysEverything(filter, names.slice(0, bounds.matchedFields)),
  }
}

function better(a: Candidate, b: Candidate): number {
  const onePoint = (c: Candidate): number =>
    Number(c.points && c.bounded && (c.index === undefined || c.index.unique))
  return (
    onePoint(b) - onePoint(a) ||
    b.matchedFields - a.matchedFields ||
    Number(b.points) - Number(a.points) ||
    Number(b.sorted) - Number(a.sorted)
  )
}

/** How many keys the accesses reach; at most `limit` are counted. */
function countReached(store: Store, accesses: readonly Access[], limit: number): number {
  let count = 0
  for (const range of accesses.flatMap(({ ranges }) => ranges)) {
    count += store.countUpTo(range, limit - count)
    if (count >= limit) break
  }
  return count
}

function hintedIndex(collection: Collection, hint: unknown): string | undefined {
  if (hint === undefined) return undefined
  const natural = isPlainObject(hint) && Object.hasOwn(hint, '$natural')
  if (natural || hint === '_id_' || equalValues(hint, { _id: 1 })) return '_id_'
  const found = collection.state.indexes.find(({ name, key }) => hint === name || equalValues(hint, key))
  if (found === undefined) {
    throw new CommandError(
      'BadValue',
      'error processing query: hint provided does not correspond to an existing index',
    )
  }
  return found.name
}

/** The branches of an `$or` that every match must satisfy, beside other conditions or alone. */
function branchesOf(filter: BsonDocument): BsonDocument[] | undefined {
  const { $or, $and } = filter
  if (Array.isArray($or) && $or.every(isPlainObject)) return $or
  if (!Array.isArray($and)) return undefined
  for (const part of $and.filter(isPlainObject)) {
    const branches = branchesOf(part)
    if (branches !== undefined) return branches
  }
  return undefined
}

/** The indexes of an `$or`, one for each branch, where they reach fewer documents than one index of the whole filter. */
function planBranches(
  store: Store,
  collection: Collection,
  filter: BsonDocument,
  best: Access,
): readonly Access[] | undefined {
  const accesses = branchesOf(filter)?.flatMap((branch) => planQuery(store, collection, branch).accesses)
  if (accesses?.every(({ bounded }) => bounded) !== true) return undefined
  if (!best.bounded) return accesses
  const reached = countReached(store, accesses, cheapToSort)
  return reached < countReached(store, [best], reached + 1) ? accesses : undefined
}

/** Chooses how to reach the documents that match a filter, in an order if one is asked for. */
export function planQuery(
  store: Store,
  collection: Collection,
  filter: BsonDocument,
  sort: readonly SortField[] = [],
  hint?: unknown,
): Plan {
  const byId = documentCandidate(collection, filter, sort)
  const wanted = hintedIndex(collection, hint)
  const candidates = [
    byId,
    ...collection.state.indexes.flatMap(
      (index) => indexCandidate(index, collection.state.idsShortened, filter, sort) ?? [],
    ),
  ].sort(better)
  const hinted = candidates.find(({ index }) => (index?.name ?? '_id_') === wanted)
  const best = hinted ?? candidates[0] ?? byId
  if (hinted === undefined) {
    const accesses = planBranches(store, collection, filter, best)
    if (accesses !== undefined) return { accesses, sorted: sort.length === 0, exact: false }
  }
  if (hinted === undefined && !best.sorted) {
    const inOrder = candidates.find(({ sorted }) => sorted)
    if (inOrder !== undefined && countReached(store, [best], cheapToSort) >= cheapToSort) {
      return { accesses: [inOrder], sorted: true, exact: inOrder.exact }
    }
  }
  return { accesses: [best], sorted: best.sorted, exact: best.exact }
}
