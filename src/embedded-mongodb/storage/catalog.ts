import { randomBytes } from 'node:crypto'
import { Binary } from 'bson'
import { CommandError } from '../command-error.ts'
import { type BsonDocument, decodeDocument, encodeDocument } from '../bson/document.ts'
import { type BsonNumber, toNumber } from '../bson/canonical-type.ts'
import { Collection, type StoredIndex, wholeRange } from './collection.ts'
import { describeIndex, type IndexDefinition, parseIndexDefinition } from './index-definition.ts'
import { keyPrefix, type KeyKind } from './storage-key.ts'
import type { Store } from './store.ts'

/** Compiles the filter of a partial index. Injected, so that storage knows nothing of queries. */
export type CompileFilter = (filter: BsonDocument) => (document: BsonDocument) => boolean

const numberKey = keyPrefix('meta', 1)
const longestNamespace = 255

/** How many keys of a dropped collection or index go in one write. */
const sweepBatch = 2000

/** Which databases, collections and indexes there are: in memory, and on disk with the data they describe. */
export class Catalog {
  readonly #store: Store
  readonly #compileFilter: CompileFilter
  readonly #collections = new Map<string, Collection>()
  #lastNumber = 0

  constructor(store: Store, compileFilter: CompileFilter) {
    this.#store = store
    this.#compileFilter = compileFilter
    this.#load()
    store.useHooks({
      beforeCommit: () => {
        this.#saveChanges()
      },
      afterAbort: () => {
        this.#load()
      },
    })
  }

  #load(): void {
    this.#collections.clear()
    this.#lastNumber = this.#store.get(numberKey)?.readUInt32BE(0) ?? 0
    for (const { key, value } of this.#store.entries(wholeKind('catalog'))) {
      const id = key.readUInt32BE(1)
      const record = decodeDocument(value)
      const counts = this.#store.get(keyPrefix('count', id))
      const collection = new Collection(this.#store, {
        id,
        database: String(record.database),
        name: String(record.name),
        uuid: Buffer.from((record.uuid as Binary).buffer),
        idsShortened: record.idsShortened === true,
        indexes: (record.indexes as BsonDocument[]).map((index) => this.#readIndex(index)),
        documentCount: counts?.readDoubleBE(0) ?? 0,
        documentBytes: counts?.readDoubleBE(8) ?? 0,
      })
      this.#collections.set(collection.namespace, collection)
    }
  }

  #readIndex(record: BsonDocument): StoredIndex {
    return {
      ...this.newIndex(
        parseIndexDefinition(record.definition as BsonDocument),
        toNumber(record.id as BsonNumber),
      ),
      multikey: record.multikey === true,
      shortened: record.shortened === true,
      building: record.building === true,
    }
  }

  newIndex(definition: IndexDefinition, id = this.nextNumber()): StoredIndex {
    const { partialFilter } = definition
    return {
      ...definition,
      id,
      multikey: false,
      shortened: false,
      building: true,
      covers: partialFilter === undefined ? () => true : this.#compileFilter(partialFilter),
    }
  }

  /** A number never used before for a collection or index. Only within a write. */
  nextNumber(): number {
    this.#lastNumber += 1
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeUInt32BE(this.#lastNumber)
    this.#store.put(numberKey, bytes)
    return this.#lastNumber
  }

  find(database: string, name: string): Collection | undefined {
    return this.#collections.get(`${database}.${name}`)
  }

  collectionsOf(database: string): Collection[] {
    return this.all().filter(({ state }) => state.database === database)
  }

  all(): Collection[] {
    return [...this.#collections.values()]
  }

  /** Finds a collection or creates it. Only within a write. */
  open(database: string, name: string): Collection {
    const found = this.find(database, name)
    if (found !== undefined) return found
    checkNamespace(database, name)
    const collection = new Collection(this.#store, {
      id: this.nextNumber(),
      database,
      name,
      uuid: randomBytes(16),
      indexes: [],
      idsShortened: false,
      documentCount: 0,
      documentBytes: 0,
    })
    collection.countChanged = true
    collection.definitionChanged = true
    this.#collections.set(collection.namespace, collection)
    return collection
  }

  /** Makes a collection disappear at once; `sweep` frees what it took. Only within a write. */
  drop(collection: Collection): void {
    const { id, indexes } = collection.state
    collection.dropped = true
    this.#collections.delete(collection.namespace)
    this.#store.remove(keyPrefix('catalog', id))
    this.#store.remove(keyPrefix('count', id))
    this.#store.put(keyPrefix('dropped', id), Buffer.from('document'))
    for (const index of indexes) this.#store.put(keyPrefix('dropped', index.id), Buffer.from('entry'))
  }

  /** Makes an index disappear at once; `sweep` frees what it took. Only within a write. */
  dropIndex(collection: Collection, index: StoredIndex): void {
    collection.state.indexes = collection.state.indexes.filter(({ id }) => id !== index.id)
    collection.definitionChanged = true
    this.#store.put(keyPrefix('dropped', index.id), Buffer.from('entry'))
  }

  /** Drops indexes that a crash left half built: nobody was told that they exist. */
  async dropUnfinishedIndexes(): Promise<void> {
    await this.#store.write(() => {
      for (const collection of this.all()) {
        for (const index of collection.state.indexes) if (index.building) this.dropIndex(collection, index)
      }
    })
  }

  /** Frees the space of what was dropped, in short writes between those of clients. */
  async sweep(): Promise<void> {
    for (const { key, value } of [...this.#store.entries(wholeKind('dropped'))]) {
      const range = wholeRange(value.toString() as KeyKind, key.readUInt32BE(1))
      for (let left = true; left;) {
        left = await this.#store.write(() => {
          const batch: Buffer[] = []
          for (const entry of this.#store.entries(range)) {
            if (batch.push(entry.key) === sweepBatch) break
          }
          for (const stale of batch) this.#store.remove(stale)
          if (batch.length === sweepBatch) return true
          this.#store.remove(key)
          return false
        })
      }
    }
  }

  #saveChanges(): void {
    for (const collection of this.#collections.values()) {
      const { state } = collection
      if (collection.countChanged) {
        const counts = Buffer.allocUnsafe(16)
        counts.writeDoubleBE(state.documentCount, 0)
        counts.writeDoubleBE(state.documentBytes, 8)
        this.#store.put(keyPrefix('count', state.id), counts)
        collection.countChanged = false
      }
      if (collection.definitionChanged) {
        this.#store.put(keyPrefix('catalog', state.id), encodeDocument(describeCollection(collection)))
        collection.definitionChanged = false
      }
    }
  }
}

function describeCollection({ state }: Collection): BsonDocument {
  return {
    database: state.database,
    name: state.name,
    uuid: new Binary(state.uuid, Binary.SUBTYPE_UUID),
    idsShortened: state.idsShortened,
    indexes: state.indexes.map((index) => ({
      definition: describeIndex(index),
      id: index.id,
      multikey: index.multikey,
      shortened: index.shortened,
      building: index.building,
    })),
  }
}

function wholeKind(kind: KeyKind): { low: Buffer; high: Buffer } {
  return { low: keyPrefix(kind, 0), high: keyPrefix(kind, 0xffffffff) }
}

/** Refuses names that MongoDB refuses. */
export function checkNamespace(database: string, name: string): void {
  if (database === '' || database.length > 63 || /[\0/\\. "$]/.test(database)) {
    throw new CommandError('InvalidNamespace', `Invalid database name: '${database}'`)
  }
  const invalid = name === '' || name.includes('\0') || name.includes('$') || name.startsWith('.')
  if (invalid || name.endsWith('.') || name.startsWith('system.')) {
    throw new CommandError('InvalidNamespace', `Invalid collection name: ${name}`)
  }
  if (Buffer.byteLength(`${database}.${name}`) > longestNamespace) {
    throw new CommandError('InvalidNamespace', `Fully qualified namespace is too long: ${name}`)
  }
}
