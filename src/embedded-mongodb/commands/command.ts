import { CommandError, refuse } from '../command-error.ts'
import { isNumber, isPlainObject, toNumber } from '../bson/canonical-type.ts'
import { type BsonDocument, decodeUntrustedDocument } from '../bson/document.ts'
import type { Engine, Namespace } from '../engine.ts'

/** One command as a client sent it. */
export interface CommandRequest {
  readonly name: string
  readonly database: string
  readonly body: BsonDocument
  readonly sequences: ReadonlyMap<string, readonly Buffer[]>
  readonly engine: Engine
  readonly connectionId: number
}

/** A document, to which `ok: 1` is added, or a whole encoded answer. */
export type CommandReply = BsonDocument | Buffer

export interface Command {
  /** The fields it understands, besides those every command has. Others are an error, as with MongoDB. */
  readonly fields: readonly string[]
  readonly run: (request: CommandRequest) => CommandReply | Promise<CommandReply>
}

export type CommandTable = Readonly<Record<string, Command>>

/** Fields that any command may have and that change nothing here. */
const generic = new Set([
  '$db',
  'lsid',
  '$clusterTime',
  '$readPreference',
  'comment',
  'maxTimeMS',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'writeConcern',
  'readConcern',
  'helloOk',
])

const transactional = ['txnNumber', 'startTransaction', 'autocommit'] as const

function checkReadConcern(readConcern: unknown): void {
  const level = isPlainObject(readConcern) ? readConcern.level : undefined
  if (level === 'snapshot' || level === 'linearizable') throw refuse(`the read concern ${level}`)
}

/** Refuses what would otherwise be ignored silently. */
export function checkFields({ name, body }: CommandRequest, command: Command): void {
  if (transactional.some((field) => Object.hasOwn(body, field))) {
    throw new CommandError(
      'IllegalOperation',
      'Transaction numbers are only allowed on a replica set member or mongos',
    )
  }
  checkReadConcern(body.readConcern)
  for (const field of Object.keys(body)) {
    if (field === name || generic.has(field) || command.fields.includes(field)) continue
    if (field === 'collation') {
      const { collation } = body
      if (isPlainObject(collation) && (collation.locale === 'simple' || Object.keys(collation).length === 0))
        continue
      throw refuse('collations')
    }
    throw new CommandError('UnknownField', `BSON field '${name}.${field}' is an unknown field.`)
  }
}

/** The collection a command names as its first field's value. */
export function namespaceOf({ name, database, body }: CommandRequest): Namespace {
  const collection = body[name]
  if (typeof collection !== 'string' || collection === '') {
    throw new CommandError('InvalidNamespace', `collection name has invalid type or is empty for ${name}`)
  }
  return { database, name: collection }
}

/** The documents of a field, whether they came in the body or beside it. */
export function documentsOf({ name, body, sequences }: CommandRequest, field: string): BsonDocument[] {
  const beside = sequences.get(field)
  if (beside !== undefined) return beside.map((bytes) => decodeUntrustedDocument(bytes))
  const inside = body[field]
  if (Array.isArray(inside) && inside.every(isPlainObject)) return inside
  throw new CommandError('TypeMismatch', `BSON field '${name}.${field}' must be an array of objects`)
}

export function objectOf(value: unknown, field: string): BsonDocument {
  if (value === undefined || value === null) return {}
  if (isPlainObject(value)) return value
  throw new CommandError('TypeMismatch', `Expected field ${field} to be of type object`)
}

/** A whole number that is not negative; undefined when the field is absent. */
export function countOf(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (!isNumber(value)) throw new CommandError('TypeMismatch', `BSON field '${field}' is the wrong type`)
  const count = Math.trunc(toNumber(value))
  if (count < 0) throw new CommandError('BadValue', `BSON field '${field}' value must be >= 0`)
  return count
}

export function isTrue(value: unknown): boolean {
  return value === true || (isNumber(value) && toNumber(value) !== 0)
}
