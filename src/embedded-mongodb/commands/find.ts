import { Long } from 'bson'
import { CommandError, refuse } from '../command-error.ts'
import { bsonClass } from '../bson/canonical-type.ts'
import { type BsonDocument, decodeDocument, encodeDocument } from '../bson/document.ts'
import { pickFields } from '../bson/encoded-fields.ts'
import { type EncodedSource, readBatch } from '../cursors.ts'
import { type Engine, findCollection } from '../engine.ts'
import { type DocumentSource, findDocuments } from '../query/find-documents.ts'
import { compileFilter } from '../query/filter.ts'
import { compileProjection, keptFields } from '../query/projection.ts'
import type { Found } from '../query/scan.ts'
import { parseSort } from '../query/sort.ts'
import { encodeCursorReply } from '../wire/cursor-reply.ts'
import {
  type CommandReply,
  type CommandRequest,
  type CommandTable,
  countOf,
  isTrue,
  namespaceOf,
  objectOf,
} from './command.ts'

const defaultBatch = 101

/** Compiles a projection to what it makes of a document that was found. */
function compileOutput(projection: unknown, filter: BsonDocument): (found: Found) => Buffer {
  const project = compileProjection(projection, filter)
  if (project === undefined) return ({ bytes }) => bytes
  const kept = keptFields(projection)
  if (kept !== undefined) return ({ bytes }) => pickFields(bytes, kept)
  return ({ bytes, document }) => encodeDocument(project(document ?? decodeDocument(bytes)))
}

function encodeFound(source: DocumentSource, output: (found: Found) => Buffer): EncodedSource {
  return {
    get done() {
      return source.done
    },
    async next(count) {
      return (await source.next(count)).map(output)
    },
  }
}

/** Nothing, without an error: what a collection that does not exist holds. */
export const emptySource: EncodedSource = { done: true, next: () => Promise.resolve([]) }

/** Answers with the first batch, and leaves a cursor open if there is more. */
export async function openCursor(
  engine: Engine,
  namespace: string,
  source: EncodedSource,
  batchSize: number = defaultBatch,
  options: { readonly single?: boolean; readonly keepForever?: boolean } = {},
): Promise<Buffer> {
  const reading = { source, held: [] as Buffer[] }
  const batch = await readBatch(reading, batchSize)
  if (options.single === true || (source.done && reading.held.length === 0)) {
    return encodeCursorReply('firstBatch', Long.ZERO, namespace, batch)
  }
  const cursor = engine.cursors.create(namespace, source, options.keepForever)
  cursor.held = reading.held
  return encodeCursorReply('firstBatch', cursor.id, namespace, batch)
}

async function runFind(request: CommandRequest): Promise<CommandReply> {
  const { body, engine } = request
  const namespace = namespaceOf(request)
  for (const option of ['tailable', 'awaitData', 'returnKey', 'showRecordId']) {
    if (isTrue(body[option])) throw refuse(`the find option ${option}`)
  }
  for (const option of ['min', 'max']) {
    if (Object.keys(objectOf(body[option], option)).length > 0) throw refuse(`the find option ${option}`)
  }
  const filter = objectOf(body.filter, 'filter')
  const output = compileOutput(body.projection, filter)
  const limit = countOf(body.limit, 'limit')
  const batchSize = countOf(body.batchSize, 'batchSize')
  const skip = countOf(body.skip, 'skip') ?? 0
  const maxTimeMS = countOf(body.maxTimeMS, 'maxTimeMS') ?? 0
  const collection = findCollection(engine, namespace)
  let source = emptySource
  if (collection === undefined) {
    compileFilter(filter)
    parseSort(body.sort)
  } else {
    const query = { filter, sort: body.sort, skip, limit: limit ?? 0, hint: body.hint, maxTimeMS }
    source = encodeFound(await findDocuments(engine.store, collection, query), output)
  }
  return openCursor(engine, `${namespace.database}.${namespace.name}`, source, batchSize, {
    single: isTrue(body.singleBatch),
    keepForever: isTrue(body.noCursorTimeout),
  })
}

function cursorIdOf(value: unknown): Long {
  if (bsonClass(value) === 'Long') return value as Long
  throw new CommandError('TypeMismatch', "a cursor id must be of type 'long'")
}

async function runGetMore({ body, database, engine }: CommandRequest): Promise<CommandReply> {
  const id = cursorIdOf(body.getMore)
  const cursor = engine.cursors.find(id, `${database}.${String(body.collection)}`)
  const batchSize = countOf(body.batchSize, 'batchSize') ?? 0
  const batch = await readBatch(cursor, batchSize === 0 ? Infinity : batchSize)
  cursor.lastUsed = Date.now()
  const done = cursor.source.done && cursor.held.length === 0
  if (done) engine.cursors.close(id)
  return encodeCursorReply('nextBatch', done ? Long.ZERO : id, cursor.namespace, batch)
}

function runKillCursors({ body, engine }: CommandRequest): CommandReply {
  const ids = Array.isArray(body.cursors) ? body.cursors.map(cursorIdOf) : []
  const cursorsKilled: Long[] = []
  const cursorsNotFound: Long[] = []
  for (const id of ids) (engine.cursors.close(id) ? cursorsKilled : cursorsNotFound).push(id)
  return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] }
}

export const findCommands: CommandTable = {
  find: {
    fields: [
      ...[
        'filter',
        'sort',
        'projection',
        'hint',
        'skip',
        'limit',
        'batchSize',
        'singleBatch',
        'noCursorTimeout',
      ],
      ...['tailable', 'awaitData', 'returnKey', 'showRecordId', 'min', 'max', 'allowDiskUse'],
      ...['allowPartialResults', 'oplogReplay'],
    ],
    run: runFind,
  },
  getMore: { fields: ['collection', 'batchSize'], run: runGetMore },
  killCursors: { fields: ['cursors'], run: runKillCursors },
}
