import { CommandError } from '../command-error.ts'
import { equalValues } from '../bson/compare-values.ts'
import type { Engine, Namespace } from '../engine.ts'
import { findCollection } from '../engine.ts'
import { type Collection, type StoredIndex, wholeRange } from '../storage/collection.ts'
import {
  type IndexDefinition,
  parseIndexDefinition,
  sameKeyPattern,
  sameOptions,
} from '../storage/index-definition.ts'
import { prefixBytes } from '../storage/storage-key.ts'
import {
  type CommandReply,
  type CommandRequest,
  type CommandTable,
  documentsOf,
  namespaceOf,
} from './command.ts'

/** Documents an index takes in at most in one write; each write waits for the disk. */
const buildBatch = 4000

/** And for how long, in milliseconds. */
const buildSlice = 30

/** Whether an index exists already. Throws when it exists as something else. */
function exists(collection: Collection, wanted: IndexDefinition): boolean {
  if (wanted.fields.length === 1 && wanted.fields[0]?.name === '_id') return true
  for (const index of collection.state.indexes) {
    const same = sameKeyPattern(index, wanted)
    if (same && sameOptions(index, wanted)) {
      if (index.name === wanted.name) return true
      throw new CommandError(
        'IndexOptionsConflict',
        `Index already exists with a different name: ${index.name}`,
      )
    }
    if (index.name === wanted.name) {
      throw new CommandError(
        same ? 'IndexOptionsConflict' : 'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index: ${index.name}`,
      )
    }
    if (same && index.sparse === wanted.sparse && equalValues(index.partialFilter, wanted.partialFilter)) {
      throw new CommandError('IndexOptionsConflict', `An equivalent index already exists: ${index.name}`)
    }
  }
  return false
}

function addIndex(
  engine: Engine,
  { database, name }: Namespace,
  definition: IndexDefinition,
): StoredIndex | undefined {
  const collection = engine.catalog.open(database, name)
  if (exists(collection, definition)) return undefined
  const index = engine.catalog.newIndex(definition)
  collection.state.indexes.push(index)
  collection.definitionChanged = true
  return index
}

/** Fills an index in slices. Writes keep it up meanwhile; a failure drops it again. */
async function buildIndex(engine: Engine, namespace: Namespace, index: StoredIndex): Promise<void> {
  let from: Buffer | undefined
  try {
    for (let done = false; !done;) {
      done = await engine.store.write(() => {
        const collection = findCollection(engine, namespace)
        if (collection?.state.indexes.includes(index) !== true) {
          throw new CommandError('NamespaceNotFound', 'the collection was dropped while an index was built')
        }
        const until = performance.now() + buildSlice
        const whole = wholeRange('document', collection.state.id)
        const batch = engine.store.entries(from === undefined ? whole : { low: from, high: whole.high })
        const documents: { key: Buffer; value: Buffer }[] = []
        for (const entry of batch) if (documents.push(entry) === buildBatch) break
        for (const { key, value } of documents) {
          collection.fillIndex(index, { idKey: key.subarray(prefixBytes), bytes: value })
          from = Buffer.concat([key, Buffer.of(0)])
          if (performance.now() >= until) return false
        }
        if (documents.length === buildBatch) return false
        index.building = false
        collection.definitionChanged = true
        return true
      })
    }
  } catch (error) {
    await engine.store.write(() => {
      const collection = findCollection(engine, namespace)
      if (collection?.state.indexes.includes(index) === true) engine.catalog.dropIndex(collection, index)
    })
    throw error
  }
}

async function runCreateIndexes(request: CommandRequest): Promise<CommandReply> {
  const { engine } = request
  const namespace = namespaceOf(request)
  const definitions = documentsOf(request, 'indexes').map((spec) => parseIndexDefinition(spec))
  if (definitions.length === 0)
    throw new CommandError('BadValue', 'Must specify at least one index to create')
  const before = findCollection(engine, namespace)
  const numIndexesBefore = (before?.state.indexes.length ?? 0) + 1
  let added = 0
  for (const definition of definitions) {
    const index = await engine.store.write(() => addIndex(engine, namespace, definition))
    if (index === undefined) continue
    await buildIndex(engine, namespace, index)
    added += 1
  }
  return {
    numIndexesBefore,
    numIndexesAfter: numIndexesBefore + added,
    createdCollectionAutomatically: before === undefined,
    ...(added === 0 ? { note: 'all indexes already exist' } : {}),
  }
}

function indexesToDrop(collection: Collection, wanted: unknown): StoredIndex[] {
  const { indexes } = collection.state
  if (wanted === '*') return [...indexes]
  return (Array.isArray(wanted) ? wanted : [wanted]).map((one: unknown) => {
    if (one === '_id_' || equalValues(one, { _id: 1 }))
      throw new CommandError('InvalidOptions', 'cannot drop _id index')
    const found = indexes.find(({ name, key }) => one === name || equalValues(one, key))
    if (found === undefined)
      throw new CommandError('IndexNotFound', `index not found with name [${String(one)}]`)
    return found
  })
}

async function runDropIndexes(request: CommandRequest): Promise<CommandReply> {
  const { engine, body } = request
  const namespace = namespaceOf(request)
  const reply = await engine.store.write(() => {
    const collection = findCollection(engine, namespace)
    if (collection === undefined) {
      throw new CommandError('NamespaceNotFound', `ns not found ${namespace.database}.${namespace.name}`)
    }
    const nIndexesWas = collection.state.indexes.length + 1
    for (const index of indexesToDrop(collection, body.index)) engine.catalog.dropIndex(collection, index)
    return { nIndexesWas }
  })
  void engine.catalog.sweep().catch(() => undefined)
  return reply
}

export const indexCommands: CommandTable = {
  createIndexes: { fields: ['indexes', 'commitQuorum'], run: runCreateIndexes },
  dropIndexes: { fields: ['index'], run: runDropIndexes },
}
