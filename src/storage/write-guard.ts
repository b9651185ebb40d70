import type { Connection } from 'mongoose'

import { indexedWriteMs } from '../crypto/state-bound.ts'
import type { ProtectedPath } from '../directives/protected-paths.ts'
import { GatewayError } from '../errors.ts'
import { originOf } from './stored-field.ts'
import { unjudgedCommands } from './unjudged-commands.ts'

type Document = Readonly<Record<string, unknown>>
type Paths = ReadonlyMap<string, ProtectedPath>

/** The database that is guarded, and its protected paths by collection and stored path. */
export interface GuardedDatabase {
  readonly name: string
  readonly paths: ReadonlyMap<string, Paths>
}

/** A command as it leaves for the server. */
export interface OutgoingCommand {
  readonly database: string
  readonly name: string
  readonly command: Document
}

/**
 * Judges every command that leaves for the database, whoever issued it. A protected path accepts null, or what a sealer made
 * for this document and path; what cannot be judged is refused. The listener runs before the command is sent, and its
 * exception stops it.
 */
export function guardWrites(connection: Connection, guarded: GuardedDatabase): void {
  connection.getClient().on('commandStarted', ({ databaseName, commandName, command }) => {
    judgeCommand({ database: databaseName, name: commandName, command: command }, guarded)
  })
}

/** @throws GatewayError WRITE_REFUSED, or SERVICE_UNAVAILABLE where index terms were made too long ago to be stored */
export function judgeCommand({ database, name, command }: OutgoingCommand, guarded: GuardedDatabase): void {
  if (unjudgedCommands.has(name)) return
  if (name === 'aggregate') {
    judgePipeline(command, database, guarded)
    return
  }
  const paths = database === guarded.name ? guarded.paths.get(String(command[name])) : undefined
  if (name === 'insert') {
    if (hasPaths(paths))
      for (const document of entriesOf(command, 'documents')) judgeDocument(document, document._id, paths)
  } else if (name === 'update') {
    if (hasPaths(paths))
      for (const { u, q, upsert } of entriesOf(command, 'updates')) judgeUpdate(u, q, upsert, paths)
  } else if (name === 'findAndModify') {
    if (hasPaths(paths) && command.update !== undefined) {
      judgeUpdate(command.update, command.query, command.upsert, paths)
    }
  } else throw refused()
}

function hasPaths(paths: Paths | undefined): paths is Paths {
  return paths !== undefined && paths.size > 0
}

function judgePipeline(command: Document, database: string, guarded: GuardedDatabase): void {
  for (const stage of entriesOf(command, 'pipeline')) {
    for (const operator of ['$out', '$merge']) {
      if (stage[operator] !== undefined) judgeTarget(stage[operator], database, guarded)
    }
  }
}

/** `"coll"`, `{ db, coll }`, or `{ into: … }` of either form. */
function judgeTarget(target: unknown, database: string, guarded: GuardedDatabase): void {
  if (typeof target === 'string') {
    if (database === guarded.name && hasPaths(guarded.paths.get(target))) throw refused()
    return
  }
  const { into, coll, db } = plain(target)
  if (into !== undefined) judgeTarget(into, database, guarded)
  else if (typeof coll !== 'string' || (db !== undefined && typeof db !== 'string')) throw refused()
  else judgeTarget(coll, db ?? database, guarded)
}

function judgeUpdate(update: unknown, filter: unknown, upsert: unknown, guarded: Paths): void {
  if (Array.isArray(update)) throw refused()
  const query = plain(filter ?? {})
  // What an upsert inserts takes the values that its filter compares with.
  if (upsert !== undefined && upsert !== false && mentions(query, guarded)) throw refused()
  const id = query._id
  const changes = plain(update)
  if (!Object.keys(changes).some((key) => key.startsWith('$'))) {
    judgeDocument(changes, changes._id ?? id, guarded)
    return
  }
  for (const [operator, fields] of Object.entries(changes)) {
    for (const [key, value] of Object.entries(plain(fields))) judgeChange(operator, key, value, id, guarded)
  }
}

/** Whether a filter compares a protected path, or anything around or below one. */
function mentions(filter: Document, guarded: Paths): boolean {
  return Object.entries(filter).some(([key, value]) => {
    if (!key.startsWith('$')) return touches(withoutPositions(key), guarded)
    const inner: readonly unknown[] = Array.isArray(value) ? value : [value]
    return inner.some((part) => typeof part === 'object' && part !== null && mentions(plain(part), guarded))
  })
}

function judgeChange(operator: string, key: string, value: unknown, id: unknown, guarded: Paths): void {
  const path = withoutPositions(key)
  const renamed = operator === '$rename' && touches(withoutPositions(String(value)), guarded)
  if (!touches(path, guarded) && !renamed) return
  if (operator === '$unset' && guarded.has(path)) return
  if (operator === '$pull' && !guarded.has(path)) return
  if (operator !== '$set' && operator !== '$setOnInsert' && operator !== '$push') throw refused()
  for (const item of operator === '$push' ? pushed(value) : [value]) judgeValue(item, path, id, guarded)
}

function judgeDocument(document: unknown, id: unknown, guarded: Paths): void {
  for (const [key, value] of Object.entries(plain(document))) {
    judgeValue(value, withoutPositions(key), id, guarded)
  }
}

/** Follows a value as far as protected paths go. */
function judgeValue(value: unknown, path: string, id: unknown, guarded: Paths): void {
  if (value === null || value === undefined || !touches(path, guarded)) return
  const protectedPath = guarded.get(path)
  if (protectedPath !== undefined) {
    const origin = originOf(value)
    if (origin?.collection !== protectedPath.collection || origin.path !== path || origin.id !== id)
      throw refused()
    if (performance.now() - (origin.indexedAt ?? Infinity) > indexedWriteMs) throw tooLate()
    return
  }
  if ([...guarded.keys()].some((known) => path.startsWith(`${known}.`))) throw refused()
  if (Array.isArray(value)) {
    for (const item of value) judgeValue(item, path, id, guarded)
    return
  }
  for (const [key, inner] of Object.entries(plain(value))) {
    judgeValue(inner, withoutPositions(`${path}.${key}`), id, guarded)
  }
}

/**
 * What the driver will send of an object: mongoose documents as what `toBSON` returns. Other classes have forms of their own
 * in BSON, so that their properties tell nothing.
 */
function plain(value: unknown): Document {
  if (typeof value !== 'object' || value === null) throw refused()
  const { toBSON } = value as { toBSON?: unknown }
  const sent: unknown = typeof toBSON === 'function' ? toBSON.call(value) : value
  if (!isPlain(sent)) throw refused()
  return sent
}

function isPlain(value: unknown): value is Document {
  if (typeof value !== 'object' || value === null || '_bsontype' in value) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function pushed(value: unknown): readonly unknown[] {
  const each = (value as { $each?: unknown } | null)?.$each
  return Array.isArray(each) ? each : [value]
}

function entriesOf(command: Document, key: string): readonly Document[] {
  const entries = command[key]
  if (!Array.isArray(entries)) throw refused()
  return entries.map(plain)
}

function withoutPositions(key: string): string {
  return key
    .split('.')
    .filter((part) => !/^(\d+|\$.*)$/.test(part))
    .join('.')
}

function touches(path: string, guarded: Paths): boolean {
  return [...guarded.keys()].some(
    (known) => known === path || known.startsWith(`${path}.`) || path.startsWith(`${known}.`),
  )
}

function refused(): GatewayError {
  return new GatewayError('WRITE_REFUSED')
}

/** Its keys may be others by now: the writer is to make the terms again. */
function tooLate(): GatewayError {
  return new GatewayError('SERVICE_UNAVAILABLE')
}
