import { ObjectId } from 'bson'
import { CommandError } from '../command-error.ts'
import { bsonClass } from '../bson/canonical-type.ts'
import { type BsonDocument, encodeDocument } from '../bson/document.ts'
import type { Engine, Namespace } from '../engine.ts'
import { endOfSlice } from '../query/scan.ts'
import {
  type CommandReply,
  type CommandRequest,
  type CommandTable,
  documentsOf,
  namespaceOf,
} from './command.ts'
import { checkBatch, describeWriteError, type WriteError } from './write-error.ts'

/** Puts `_id` first, and makes one if there is none. Throws for what MongoDB does not take as an `_id`. */
export function withId(document: BsonDocument): BsonDocument {
  const { _id = new ObjectId(), ...fields } = document
  if (Array.isArray(_id) || bsonClass(_id) === 'BSONRegExp') {
    throw new CommandError('BadValue', "The '_id' value cannot be of type array or regex")
  }
  return Object.keys(document)[0] === '_id' ? document : { _id, ...fields }
}

function insertSlice(
  engine: Engine,
  namespace: Namespace,
  documents: readonly BsonDocument[],
  from: number,
  onError: (index: number, error: unknown) => boolean,
): number {
  const collection = engine.catalog.open(namespace.database, namespace.name)
  const until = endOfSlice()
  for (let i = from; i < documents.length; i++) {
    try {
      const document = withId(documents[i] ?? {})
      collection.insert(document, encodeDocument(document))
    } catch (error) {
      if (onError(i, error)) return documents.length
    }
    if (performance.now() >= until) return i + 1
  }
  return documents.length
}

/** Inserts in slices, so that a long list does not keep others waiting. */
async function runInsert(request: CommandRequest): Promise<CommandReply> {
  const { engine, body } = request
  const namespace = namespaceOf(request)
  const documents = documentsOf(request, 'documents')
  checkBatch(documents.length)
  const ordered = body.ordered !== false
  const writeErrors: WriteError[] = []
  let stoppedAt = documents.length
  for (let next = 0; next < documents.length;) {
    const from = next
    next = await engine.store.write(() =>
      insertSlice(engine, namespace, documents, from, (index, error) => {
        writeErrors.push(describeWriteError(index, error))
        if (ordered) stoppedAt = index
        return ordered
      }),
    )
  }
  const inserted = ordered ? stoppedAt : documents.length - writeErrors.length
  return { n: inserted, ...(writeErrors.length > 0 ? { writeErrors } : {}) }
}

export const insertCommands: CommandTable = {
  insert: { fields: ['documents', 'ordered', 'bypassDocumentValidation'], run: runInsert },
}
