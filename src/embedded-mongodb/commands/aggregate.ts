import { CommandError, refuse } from '../command-error.ts'
import { isNumber, isPlainObject, toNumber } from '../bson/canonical-type.ts'
import { type BsonDocument, decodeDocument, encodeDocument } from '../bson/document.ts'
import type { EncodedSource } from '../cursors.ts'
import type { Engine } from '../engine.ts'
import { fromArray, type Documents, type PipelineContext, type Stage } from '../aggregate/pipeline.ts'
import { compileStage } from '../aggregate/stages.ts'
import { type DocumentQuery, findDocuments } from '../query/find-documents.ts'
import { nextTurn } from '../query/scan.ts'
import { sortMemoryLimit } from '../query/sort.ts'
import {
  type CommandReply,
  type CommandRequest,
  type CommandTable,
  countOf,
  namespaceOf,
  objectOf,
} from './command.ts'
import { openCursor } from './find.ts'

const pieceSize = 100

/** A count of everything reads no document: all a stage may then ask is how many there are. */
async function* readCollection(
  engine: Engine,
  database: string,
  name: string,
  query: DocumentQuery,
): Documents {
  const collection = engine.catalog.find(database, name)
  if (collection === undefined) return
  const source = await findDocuments(engine.store, collection, query)
  while (!source.done) {
    const found = await source.next(pieceSize)
    yield found.map(({ bytes, document }) => document ?? decodeDocument(bytes))
    await nextTurn()
  }
}

function stagesOf(pipeline: unknown): BsonDocument[] {
  if (Array.isArray(pipeline) && pipeline.every(isPlainObject)) return pipeline
  throw new CommandError('TypeMismatch', "'pipeline' option must be specified as an array of objects")
}

/** What the query can do for the pipeline: its first filters, the sort after them, then skip and limit. */
function splitQuery(stages: readonly BsonDocument[]): { query: DocumentQuery; rest: BsonDocument[] } {
  const filters: BsonDocument[] = []
  let at = 0
  for (; isPlainObject(stages[at]?.$match); at++) filters.push(objectOf(stages[at]?.$match, '$match'))
  const filter = filters.length === 1 ? (filters[0] ?? {}) : filters.length === 0 ? {} : { $and: filters }
  let query: DocumentQuery = { filter }
  const number = (value: unknown): number | undefined =>
    isNumber(value) && Number.isInteger(toNumber(value)) && toNumber(value) > 0 ? toNumber(value) : undefined
  if (isPlainObject(stages[at]?.$sort)) query = { ...query, sort: stages[at++]?.$sort }
  const skip = number(stages[at]?.$skip)
  if (skip !== undefined) {
    query = { ...query, skip }
    at += 1
  }
  const limit = number(stages[at]?.$limit)
  if (limit !== undefined) {
    query = { ...query, limit }
    at += 1
  }
  return { query, rest: stages.slice(at) }
}

function createContext(engine: Engine, database: string): PipelineContext {
  let held = 0
  const context: PipelineContext = {
    account: (bytes) => {
      held += bytes
      if (held <= sortMemoryLimit) return
      throw new CommandError(
        'QueryExceededMemoryLimitNoDiskUseAllowed',
        `The pipeline exceeded its memory limit of ${sortMemoryLimit} bytes; the embedded server does not use the disk for it`,
      )
    },
    read: (name, filter) => readCollection(engine, database, name, { filter }),
    compile: (pipeline) => compilePipeline(stagesOf(pipeline), context),
  }
  return context
}

function compilePipeline(stages: readonly BsonDocument[], context: PipelineContext): Stage {
  const compiled = stages.map((stage) => compileStage(stage, context))
  return (input) => compiled.reduce((documents, stage) => stage(documents), input)
}

/** Turns pieces into batches of the size a cursor asks for. */
function encodeDocuments(documents: Documents): EncodedSource {
  const iterator = documents[Symbol.asyncIterator]()
  let held: readonly BsonDocument[] = []
  let done = false
  return {
    get done() {
      return done && held.length === 0
    },
    async next(count) {
      while (!done && held.length < count) {
        const piece = await iterator.next()
        if (piece.done === true) done = true
        else held = [...held, ...piece.value]
      }
      const batch = held.slice(0, count)
      held = held.slice(count)
      return batch.map((document) => encodeDocument(document))
    },
  }
}

/** `countDocuments({})`: a count of all documents, which the collection knows. */
function countsEverything(stages: readonly BsonDocument[]): boolean {
  const [first, second, ...others] = stages
  const everything = isPlainObject(first?.$match) && Object.keys(first.$match).length === 0
  const group = second?.$group
  if (!everything || others.length > 0 || !isPlainObject(group)) return false
  const { _id, n, ...more } = group
  const sum = isPlainObject(n) ? n.$sum : undefined
  return isNumber(_id) && isNumber(sum) && toNumber(sum) === 1 && Object.keys(more).length === 0
}

async function runAggregate(request: CommandRequest): Promise<CommandReply> {
  const { body, engine, database } = request
  if (isNumber(body.aggregate)) throw refuse('aggregation without a collection')
  const { name } = namespaceOf(request)
  const stages = stagesOf(body.pipeline)
  const cursor = objectOf(body.cursor, 'cursor')
  const { query, rest } = splitQuery(stages)
  const maxTimeMS = countOf(body.maxTimeMS, 'maxTimeMS') ?? 0
  const stage = compilePipeline(rest, createContext(engine, database))
  const collection = engine.catalog.find(database, name)
  let input = readCollection(engine, database, name, { ...query, hint: body.hint, maxTimeMS })
  if (collection !== undefined && countsEverything(stages)) {
    const { documentCount } = collection.state
    const { _id } = objectOf(stages[1]?.$group, '$group')
    const counted = documentCount === 0 ? [] : [{ _id, n: documentCount }]
    return openCursor(engine, `${database}.${name}`, encodeDocuments(fromArray(counted)))
  }
  input = stage(input)
  return openCursor(
    engine,
    `${database}.${name}`,
    encodeDocuments(input),
    countOf(cursor.batchSize, 'batchSize'),
  )
}

export const aggregateCommands: CommandTable = {
  aggregate: {
    fields: ['pipeline', 'cursor', 'allowDiskUse', 'hint', 'bypassDocumentValidation'],
    run: runAggregate,
  },
}
