import type { BsonDocument } from '../bson/document.ts'
import { decodeDocument } from '../bson/document.ts'
import { type Engine, findCollection, type Namespace } from '../engine.ts'
import { findDocuments, predicateOf, startClock } from '../query/find-documents.ts'
import { planQuery } from '../query/plan.ts'
import { endOfSlice, nextTurn, Scan } from '../query/scan.ts'
import { parseSort } from '../query/sort.ts'
import type { Collection } from '../storage/collection.ts'

export interface Selection {
  readonly filter: BsonDocument
  readonly sort?: unknown
  readonly hint?: unknown
  readonly maxTimeMS?: number
}

/** A document within a write: nobody else can change it until the write ends. */
export interface Target {
  readonly collection: Collection
  readonly idKey: Buffer
  readonly document: BsonDocument
  readonly bytes: Buffer
}

/** How long a search may take within a write, in milliseconds, before it is done outside. */
const searchBudget = 10

const undecided = Symbol('undecided')

/** Searches within a write. Undecided when that would take too long or needs a sort. */
function searchNow(
  engine: Engine,
  collection: Collection,
  selection: Selection,
): Target | undefined | typeof undecided {
  const { filter, sort, hint } = selection
  const plan = planQuery(engine.store, collection, filter, parseSort(sort), hint)
  if (!plan.sorted) return undecided
  const scan = new Scan(engine.store, collection, plan, predicateOf(filter))
  const [found] = scan.take(1, performance.now() + searchBudget)
  if (found === undefined) return scan.done ? undefined : undecided
  return { collection, ...found, document: found.document ?? decodeDocument(found.bytes) }
}

/** Looks a document up again and checks that it still matches. */
function targetOf(collection: Collection, idKey: Buffer, filter: BsonDocument): Target | undefined {
  const bytes = collection.get(idKey)
  if (bytes === undefined) return undefined
  const document = decodeDocument(bytes)
  return predicateOf(filter)?.(document) === false ? undefined : { collection, idKey, document, bytes }
}

/**
 * Finds the first document of a selection and changes it in the same write, so that it matches when it is changed.
 * `change` gets undefined when none matches; it must check everything before it writes anything.
 */
export async function changeFirst<Result>(
  engine: Engine,
  namespace: Namespace,
  selection: Selection,
  change: (target: Target | undefined) => Result,
): Promise<Result> {
  const checkTime = startClock(selection.maxTimeMS)
  const outcome = await engine.store.write(() => {
    const collection = findCollection(engine, namespace)
    const target = collection === undefined ? undefined : searchNow(engine, collection, selection)
    return target === undecided ? undecided : { result: change(target) }
  })
  if (outcome !== undecided) return outcome.result
  for (;;) {
    checkTime()
    const collection = findCollection(engine, namespace)
    const source =
      collection === undefined
        ? undefined
        : await findDocuments(engine.store, collection, { ...selection, limit: 1 })
    const [found] = (await source?.next(1)) ?? []
    const second = await engine.store.write(() => {
      if (found === undefined) return { result: change(undefined) }
      const present = findCollection(engine, namespace)
      const target = present === undefined ? undefined : targetOf(present, found.idKey, selection.filter)
      return target === undefined ? undecided : { result: change(target) }
    })
    if (second !== undecided) return second.result
  }
}

/**
 * Changes all documents of a selection: collects their keys first, so that a change cannot bring one back, then
 * changes them in slices. Each is changed atomically, and only if it still matches. Returns how many there were.
 */
export async function changeAll(
  engine: Engine,
  namespace: Namespace,
  { filter, hint, maxTimeMS }: Selection,
  change: (target: Target) => void,
): Promise<number> {
  const collection = findCollection(engine, namespace)
  if (collection === undefined) return 0
  const checkTime = startClock(maxTimeMS)
  const plan = planQuery(engine.store, collection, filter, [], hint)
  const scan = new Scan(engine.store, collection, plan, predicateOf(filter))
  const idKeys: Buffer[] = []
  for (;;) {
    for (const { idKey } of scan.take(10_000, endOfSlice())) idKeys.push(idKey)
    if (scan.done) break
    checkTime()
    await nextTurn()
  }
  let changed = 0
  for (let next = 0; next < idKeys.length;) {
    next = await engine.store.write(() => {
      const until = endOfSlice()
      const present = findCollection(engine, namespace)
      if (present === undefined) return idKeys.length
      for (let i = next; i < idKeys.length; i++) {
        const idKey = idKeys[i]
        const target = idKey === undefined ? undefined : targetOf(present, idKey, filter)
        if (target !== undefined) {
          change(target)
          changed += 1
        }
        if (performance.now() >= until) return i + 1
      }
      return idKeys.length
    })
  }
  return changed
}
