import { CommandError } from '../command-error.ts'
import { decodeDocument } from '../bson/document.ts'
import { visitPath } from '../bson/document-path.ts'
import { encodeValueKey } from '../bson/index-key.ts'
import { findCollection } from '../engine.ts'
import { findDocuments } from '../query/find-documents.ts'
import {
  type CommandReply,
  type CommandRequest,
  type CommandTable,
  countOf,
  namespaceOf,
  objectOf,
} from './command.ts'

/** Documents read between two looks at the other connections. */
const pieceSize = 1000

async function runCount(request: CommandRequest): Promise<CommandReply> {
  const { body, engine } = request
  const collection = findCollection(engine, namespaceOf(request))
  if (collection === undefined) return { n: 0 }
  const filter = objectOf(body.query, 'query')
  const skip = countOf(body.skip, 'skip') ?? 0
  const limit = countOf(body.limit, 'limit') ?? 0
  if (Object.keys(filter).length === 0) {
    const n = Math.max(collection.state.documentCount - skip, 0)
    return { n: limit === 0 ? n : Math.min(n, limit) }
  }
  const maxTimeMS = countOf(body.maxTimeMS, 'maxTimeMS') ?? 0
  const source = await findDocuments(engine.store, collection, {
    filter,
    skip,
    limit,
    hint: body.hint,
    maxTimeMS,
  })
  let n = 0
  while (!source.done) n += (await source.next(pieceSize)).length
  return { n }
}

async function runDistinct(request: CommandRequest): Promise<CommandReply> {
  const { body, engine } = request
  const { key } = body
  if (typeof key !== 'string' || key === '')
    throw new CommandError('TypeMismatch', "BSON field 'distinct.key' is missing")
  const collection = findCollection(engine, namespaceOf(request))
  if (collection === undefined) return { values: [] }
  const filter = objectOf(body.query, 'query')
  const maxTimeMS = countOf(body.maxTimeMS, 'maxTimeMS') ?? 0
  const source = await findDocuments(engine.store, collection, { filter, hint: body.hint, maxTimeMS })
  const values = new Map<string, unknown>()
  const add = (value: unknown): void => {
    const code = encodeValueKey(value).toString('latin1')
    if (value !== undefined && !values.has(code)) values.set(code, value)
  }
  const path = key.split('.')
  while (!source.done) {
    for (const { bytes, document } of await source.next(pieceSize)) {
      visitPath(document ?? decodeDocument(bytes), path, (value) => {
        if (Array.isArray(value)) value.forEach(add)
        else add(value)
        return false
      })
    }
  }
  return { values: [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value) }
}

export const countAndDistinctCommands: CommandTable = {
  count: { fields: ['query', 'limit', 'skip', 'hint', 'fields'], run: runCount },
  distinct: { fields: ['key', 'query', 'hint'], run: runDistinct },
}
