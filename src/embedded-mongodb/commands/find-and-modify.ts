import { CommandError } from '../command-error.ts'
import type { BsonDocument } from '../bson/document.ts'
import { compileProjection } from '../query/projection.ts'
import { compileUpdate } from '../update/update.ts'
import { changeFirst } from './change-documents.ts'
import {
  type CommandReply,
  type CommandRequest,
  type CommandTable,
  countOf,
  isTrue,
  namespaceOf,
  objectOf,
} from './command.ts'
import { applyUpdate, insertUpsert, isReplacement } from './update.ts'

async function runFindAndModify(request: CommandRequest): Promise<CommandReply> {
  const { body, engine } = request
  const namespace = namespaceOf(request)
  const filter = objectOf(body.query, 'query')
  const project = compileProjection(body.fields, filter) ?? ((document: BsonDocument) => document)
  const remove = isTrue(body.remove)
  const returnNew = isTrue(body.new)
  if (remove === (body.update !== undefined)) {
    throw new CommandError('FailedToParse', 'Either an update or remove=true must be specified, not both')
  }
  if (remove && (returnNew || isTrue(body.upsert))) {
    throw new CommandError('FailedToParse', 'Cannot specify new=true or upsert=true with remove=true')
  }
  const selection = {
    filter,
    sort: body.sort,
    hint: body.hint,
    maxTimeMS: countOf(body.maxTimeMS, 'maxTimeMS') ?? 0,
  }
  if (remove) {
    return changeFirst(engine, namespace, selection, (target) => {
      if (target === undefined) return { lastErrorObject: { n: 0 }, value: null }
      const value = project(target.document)
      target.collection.remove(target.idKey, target.document)
      return { lastErrorObject: { n: 1 }, value }
    })
  }
  const update = compileUpdate(body.update, false, body.arrayFilters)
  return changeFirst(engine, namespace, selection, (target) => {
    if (target !== undefined) {
      const before = returnNew ? undefined : project(target.document)
      const { after } = applyUpdate(target, update, filter)
      return { lastErrorObject: { n: 1, updatedExisting: true }, value: before ?? project(after) }
    }
    if (!isTrue(body.upsert)) return { lastErrorObject: { n: 0, updatedExisting: false }, value: null }
    const document = insertUpsert(engine, namespace, update, filter, isReplacement(body.update))
    return {
      lastErrorObject: { n: 1, updatedExisting: false, upserted: document._id },
      value: returnNew ? project(document) : null,
    }
  })
}

const command = {
  fields: [
    ...['query', 'sort', 'remove', 'update', 'new', 'fields', 'upsert', 'arrayFilters', 'hint'],
    'bypassDocumentValidation',
  ],
  run: runFindAndModify,
}

export const findAndModifyCommands: CommandTable = { findAndModify: command, findandmodify: command }
