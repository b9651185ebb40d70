import { Catalog } from './storage/catalog.ts'
import type { Collection } from './storage/collection.ts'
import type { Store } from './storage/store.ts'
import { compileFilter } from './query/filter.ts'
import { Cursors } from './cursors.ts'

/** What all commands work on. */
export interface Engine {
  readonly store: Store
  readonly catalog: Catalog
  readonly cursors: Cursors
  readonly startedAt: number
}

export function createEngine(store: Store): Engine {
  return {
    store,
    catalog: new Catalog(store, (filter) => compileFilter(filter)),
    cursors: new Cursors(),
    startedAt: Date.now(),
  }
}

/** Names a collection until a write looks it up. */
export interface Namespace {
  readonly database: string
  readonly name: string
}

export function findCollection(engine: Engine, { database, name }: Namespace): Collection | undefined {
  return engine.catalog.find(database, name)
}
