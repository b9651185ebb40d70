import { BSONError } from 'bson'
import { CommandError } from '../command-error.ts'
import { type BsonDocument, encodeDocument } from '../bson/document.ts'
import type { Engine } from '../engine.ts'
import type { WireRequest } from '../wire/wire-message.ts'
import { aggregateCommands } from './aggregate.ts'
import { collectionCommands } from './collections.ts'
import { checkFields, type CommandTable } from './command.ts'
import { countAndDistinctCommands } from './count-and-distinct.ts'
import { deleteCommands } from './delete.ts'
import { explainCommands } from './explain.ts'
import { findAndModifyCommands } from './find-and-modify.ts'
import { findCommands } from './find.ts'
import { handshakeCommands } from './handshake.ts'
import { indexCommands } from './indexes.ts'
import { insertCommands } from './insert.ts'
import { updateCommands } from './update.ts'

const commands: CommandTable = {
  ...handshakeCommands,
  ...findCommands,
  ...insertCommands,
  ...updateCommands,
  ...deleteCommands,
  ...findAndModifyCommands,
  ...aggregateCommands,
  ...countAndDistinctCommands,
  ...collectionCommands,
  ...indexCommands,
  ...explainCommands,
}

function describeFailure(error: unknown): BsonDocument {
  if (error instanceof CommandError) {
    return { ok: 0, errmsg: error.message, code: error.code, codeName: error.codeName, ...error.details }
  }
  if (error instanceof BSONError) {
    return { ok: 0, errmsg: 'Invalid BSON', code: 22, codeName: 'InvalidBSON' }
  }
  const message = error instanceof Error ? error.message : 'unknown failure'
  return { ok: 0, errmsg: `Internal error: ${message}`, code: 1, codeName: 'InternalError' }
}

/** Runs the command of a request and encodes its answer, whatever happens. */
export async function answerRequest(
  engine: Engine,
  connectionId: number,
  request: WireRequest,
): Promise<Buffer> {
  try {
    const { body, sequences } = request
    const [name = ''] = Object.keys(body)
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (command === undefined) throw new CommandError('CommandNotFound', `no such command: '${name}'`)
    const database = typeof body.$db === 'string' ? body.$db : 'admin'
    const commandRequest = { name, database, body, sequences, engine, connectionId }
    checkFields(commandRequest, command)
    const reply = await command.run(commandRequest)
    return Buffer.isBuffer(reply) ? reply : encodeDocument({ ...reply, ok: 1 })
  } catch (error) {
    return encodeDocument(describeFailure(error))
  }
}
