import { Binary, Long } from 'bson'
import { CommandError, refuse } from '../command-error.ts'
import { type BsonDocument, encodeDocument } from '../bson/document.ts'
import { openCursor } from './find.ts'
import { compileFilter } from '../query/filter.ts'
import type { Collection } from '../storage/collection.ts'
import { describeIndex } from '../storage/index-definition.ts'
import type { EncodedSource } from '../cursors.ts'
import { findCollection } from '../engine.ts'
import {
  type CommandReply,
  type CommandRequest,
  type CommandTable,
  countOf,
  isTrue,
  namespaceOf,
  objectOf,
} from './command.ts'

/** A list that is in memory already. */
export function listSource(documents: readonly BsonDocument[]): EncodedSource {
  let at = 0
  return {
    get done() {
      return at >= documents.length
    },
    next(count) {
      const batch = documents.slice(at, at + count).map((document) => encodeDocument(document))
      at += batch.length
      return Promise.resolve(batch)
    },
  }
}

/** How every collection's own index is listed. */
const idIndex = { v: 2, key: { _id: 1 }, name: '_id_' }

async function runCreate(request: CommandRequest): Promise<CommandReply> {
  const { engine, body } = request
  const { database, name } = namespaceOf(request)
  for (const option of [
    'capped',
    'timeseries',
    'clusteredIndex',
    'viewOn',
    'pipeline',
    'validator',
    'expireAfterSeconds',
  ]) {
    const value = body[option]
    if (value !== undefined && value !== false) throw refuse(`the collection option ${option}`)
  }
  return engine.store.write(() => {
    if (engine.catalog.find(database, name) !== undefined) {
      throw new CommandError('NamespaceExists', `Collection ${database}.${name} already exists.`)
    }
    engine.catalog.open(database, name)
    return {}
  })
}

function freeSpace({ engine }: CommandRequest): void {
  void engine.catalog.sweep().catch(() => undefined)
}

async function runDrop(request: CommandRequest): Promise<CommandReply> {
  const { engine } = request
  const { database, name } = namespaceOf(request)
  const reply = await engine.store.write(() => {
    const collection = engine.catalog.find(database, name)
    if (collection === undefined) throw new CommandError('NamespaceNotFound', 'ns not found')
    engine.catalog.drop(collection)
    return { nIndexesWas: collection.state.indexes.length + 1, ns: collection.namespace }
  })
  freeSpace(request)
  return reply
}

async function runDropDatabase(request: CommandRequest): Promise<CommandReply> {
  const { engine, database } = request
  await engine.store.write(() => {
    for (const collection of engine.catalog.collectionsOf(database)) engine.catalog.drop(collection)
  })
  freeSpace(request)
  return { dropped: database }
}

function describeCollection({ state }: Collection, nameOnly: boolean): BsonDocument {
  if (nameOnly) return { name: state.name, type: 'collection' }
  const info = { readOnly: false, uuid: new Binary(state.uuid, Binary.SUBTYPE_UUID) }
  return { name: state.name, type: 'collection', options: {}, info, idIndex }
}

function runListCollections({ engine, database, body }: CommandRequest): Promise<CommandReply> {
  const matches = compileFilter(objectOf(body.filter, 'filter'))
  const listed = engine.catalog
    .collectionsOf(database)
    .map((collection) => describeCollection(collection, isTrue(body.nameOnly)))
    .filter(matches)
  const batchSize = countOf(objectOf(body.cursor, 'cursor').batchSize, 'batchSize')
  return openCursor(
    engine,
    `${database}.$cmd.listCollections`,
    listSource(listed),
    batchSize ?? listed.length + 1,
  )
}

function runListDatabases({ engine, body }: CommandRequest): CommandReply {
  const sizes = new Map<string, number>()
  for (const { state } of engine.catalog.all()) {
    sizes.set(state.database, (sizes.get(state.database) ?? 0) + state.documentBytes)
  }
  const matches = compileFilter(objectOf(body.filter, 'filter'))
  const databases = [...sizes]
    .map(([name, sizeOnDisk]) =>
      isTrue(body.nameOnly) ? { name } : { name, sizeOnDisk: Long.fromNumber(sizeOnDisk), empty: false },
    )
    .filter(matches)
  if (isTrue(body.nameOnly)) return { databases }
  return { databases, totalSize: Long.fromNumber(engine.store.storedBytes) }
}

function runListIndexes(request: CommandRequest): Promise<CommandReply> {
  const { engine, body } = request
  const namespace = namespaceOf(request)
  const collection = findCollection(engine, namespace)
  if (collection === undefined) {
    throw new CommandError('NamespaceNotFound', `ns does not exist: ${namespace.database}.${namespace.name}`)
  }
  const ready = collection.state.indexes.filter(({ building }) => !building)
  const listed = [idIndex, ...ready.map((index) => describeIndex(index))]
  const batchSize = countOf(objectOf(body.cursor, 'cursor').batchSize, 'batchSize')
  return openCursor(engine, collection.namespace, listSource(listed), batchSize ?? listed.length + 1)
}

function sizesOf(collections: readonly Collection[]): BsonDocument {
  const sum = (read: (collection: Collection) => number): number =>
    collections.reduce((total, collection) => total + read(collection), 0)
  const count = sum(({ state }) => state.documentCount)
  const size = sum(({ state }) => state.documentBytes)
  return {
    size,
    storageSize: size,
    avgObjSize: count === 0 ? 0 : size / count,
    totalIndexSize: 0,
    totalSize: size,
  }
}

function runCollStats(request: CommandRequest): CommandReply {
  const { database, name } = namespaceOf(request)
  const collection = request.engine.catalog.find(database, name)
  const found = collection === undefined ? [] : [collection]
  return {
    ns: `${database}.${name}`,
    count: collection?.state.documentCount ?? 0,
    ...sizesOf(found),
    nindexes: collection === undefined ? 0 : collection.state.indexes.length + 1,
    indexSizes: {},
    scaleFactor: 1,
  }
}

function runDbStats({ engine, database }: CommandRequest): CommandReply {
  const collections = engine.catalog.collectionsOf(database)
  return {
    db: database,
    collections: collections.length,
    views: 0,
    objects: collections.reduce((count, { state }) => count + state.documentCount, 0),
    dataSize: collections.reduce((bytes, { state }) => bytes + state.documentBytes, 0),
    indexes: collections.reduce((count, { state }) => count + state.indexes.length + 1, 0),
    ...sizesOf(collections),
    scaleFactor: 1,
  }
}

export const collectionCommands: CommandTable = {
  create: {
    fields: [
      ...['capped', 'timeseries', 'clusteredIndex', 'viewOn', 'pipeline', 'validator', 'expireAfterSeconds'],
      ...[
        'validationLevel',
        'validationAction',
        'autoIndexId',
        'storageEngine',
        'indexOptionDefaults',
        'size',
        'max',
      ],
    ],
    run: runCreate,
  },
  drop: { fields: [], run: runDrop },
  dropDatabase: { fields: [], run: runDropDatabase },
  listCollections: {
    fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'],
    run: runListCollections,
  },
  listDatabases: { fields: ['filter', 'nameOnly', 'authorizedDatabases'], run: runListDatabases },
  listIndexes: { fields: ['cursor'], run: runListIndexes },
  collStats: { fields: ['scale'], run: runCollStats },
  dbStats: { fields: ['scale'], run: runDbStats },
  dbstats: { fields: ['scale'], run: runDbStats },
}
