import { CommandError } from '../command-error.ts'
import type { BsonDocument } from '../bson/document.ts'
import { isNumber, toNumber } from '../bson/canonical-type.ts'
import type { Engine, Namespace } from '../engine.ts'
import { changeAll, changeFirst } from './change-documents.ts'
import {
  type CommandReply,
  type CommandRequest,
  type CommandTable,
  documentsOf,
  namespaceOf,
  objectOf,
} from './command.ts'
import { checkBatch, describeWriteError, type WriteError } from './write-error.ts'

async function runStatement(engine: Engine, namespace: Namespace, statement: BsonDocument): Promise<number> {
  for (const field of Object.keys(statement)) {
    if (!['q', 'limit', 'hint'].includes(field)) {
      throw new CommandError(
        'CommandNotSupported',
        `The embedded server does not implement delete.deletes.${field}`,
      )
    }
  }
  const filter = objectOf(statement.q, 'q')
  const limit = isNumber(statement.limit) ? toNumber(statement.limit) : undefined
  if (limit !== 0 && limit !== 1) {
    throw new CommandError('FailedToParse', 'The limit field in delete objects must be 0 or 1')
  }
  if (limit === 0) {
    return changeAll(
      engine,
      namespace,
      { filter, hint: statement.hint },
      ({ collection, idKey, document }) => {
        collection.remove(idKey, document)
      },
    )
  }
  return changeFirst(engine, namespace, { filter, hint: statement.hint }, (target) => {
    if (target === undefined) return 0
    target.collection.remove(target.idKey, target.document)
    return 1
  })
}

async function runDelete(request: CommandRequest): Promise<CommandReply> {
  const { engine, body } = request
  const namespace = namespaceOf(request)
  const statements = documentsOf(request, 'deletes')
  checkBatch(statements.length)
  const writeErrors: WriteError[] = []
  let n = 0
  for (const [index, statement] of statements.entries()) {
    try {
      n += await runStatement(engine, namespace, statement)
    } catch (error) {
      writeErrors.push(describeWriteError(index, error))
      if (body.ordered !== false) break
    }
  }
  return { n, ...(writeErrors.length > 0 ? { writeErrors } : {}) }
}

export const deleteCommands: CommandTable = {
  delete: { fields: ['deletes', 'ordered'], run: runDelete },
}
