import type { Connection } from 'mongoose'

import type { ProtectedPath } from '../directives/protected-paths.ts'
import { GatewayError } from '../errors.ts'
import { originOf } from './stored-field.ts'

type Document = Readonly<Record<string, unknown>>

/** Protected paths of a database by collection and stored path. */
export type GuardedPaths = ReadonlyMap<string, ReadonlyMap<string, ProtectedPath>>

/**
 * Judges every command that leaves for the database, whoever issued it. A protected path accepts null, or what a sealer made
 * for this document and path; on a collection with protected paths, what cannot be judged is refused. The listener runs
 * before the command is sent, and its exception stops it.
 */
export function guardWrites(connection: Connection, database: string, paths: GuardedPaths): void {
  connection.getClient().on('commandStarted', ({ databaseName, commandName, command }) => {
    if (databaseName === database) judgeCommand(commandName, command, paths)
  })
}

/** @throws GatewayError WRITE_REFUSED */
export function judgeCommand(name: string, command: Document, paths: GuardedPaths): void {
  if (name === 'bulkWrite') throw refused()
  if (name === 'aggregate') judgePipeline(command, paths)
  const guarded = paths.get(String(command[name]))
  if (guarded === undefined || guarded.size === 0) return
  if (name === 'insert') {
    for (const document of list(command.documents)) judgeDocument(document, document._id, guarded)
  } else if (name === 'update') {
    for (const update of list(command.updates)) judgeUpdate(update.u, update.q as Document, guarded)
  } else if ((name === 'findAndModify' || name === 'findandmodify') && command.remove !== true) {
    judgeUpdate(command.update, command.query as Document, guarded)
  }
}

function judgePipeline(command: Document, paths: GuardedPaths): void {
  for (const stage of list(command.pipeline)) {
    const target = stage.$out ?? stage.$merge
    if (target === undefined) continue
    const into =
      typeof target === 'string' ? target : ((target as Document).into ?? (target as Document).coll)
    const name = typeof into === 'string' ? into : (into as Document | undefined)?.coll
    if (typeof name !== 'string' || paths.has(name)) throw refused()
  }
}

function judgeUpdate(update: unknown, filter: Document, guarded: ReadonlyMap<string, ProtectedPath>): void {
  if (Array.isArray(update)) throw refused()
  const id = filter._id
  const changes = plain(update)
  if (!Object.keys(changes).some((key) => key.startsWith('$'))) {
    judgeDocument(changes, changes._id ?? id, guarded)
    return
  }
  for (const [operator, fields] of Object.entries(changes)) {
    for (const [key, value] of Object.entries(plain(fields))) judgeChange(operator, key, value, id, guarded)
  }
}

function judgeChange(
  operator: string,
  key: string,
  value: unknown,
  id: unknown,
  guarded: ReadonlyMap<string, ProtectedPath>,
): void {
  const path = withoutPositions(key)
  const touches = [...guarded.keys()].some((known) => overlaps(known, path))
  const names =
    operator === '$rename' ? [...guarded.keys()].some((known) => overlaps(known, String(value))) : false
  if (!touches && !names) return
  if (operator === '$unset' && guarded.has(path)) return
  if (operator === '$pull' && !guarded.has(path)) return
  if (operator !== '$set' && operator !== '$setOnInsert' && operator !== '$push') throw refused()
  judgeValue(operator === '$push' ? pushed(value) : value, path, id, guarded)
}

function judgeDocument(document: unknown, id: unknown, guarded: ReadonlyMap<string, ProtectedPath>): void {
  for (const [key, value] of Object.entries(plain(document))) judgeValue(value, key, id, guarded)
}

/** Follows a value as far as protected paths go. */
function judgeValue(
  value: unknown,
  path: string,
  id: unknown,
  guarded: ReadonlyMap<string, ProtectedPath>,
): void {
  if (value === null || value === undefined) return
  const protectedPath = guarded.get(path)
  if (protectedPath !== undefined) {
    const origin = originOf(value)
    const { collection } = protectedPath
    if (origin?.collection === collection && origin.path === path && origin.id === id) return
    throw refused()
  }
  if (![...guarded.keys()].some((known) => known.startsWith(`${path}.`))) {
    if ([...guarded.keys()].some((known) => path.startsWith(`${known}.`))) throw refused()
    return
  }
  if (Array.isArray(value)) {
    for (const item of value) judgeValue(item, path, id, guarded)
  } else {
    for (const [key, inner] of Object.entries(plain(value))) judgeValue(inner, `${path}.${key}`, id, guarded)
  }
}

/** What the driver will send of a value: mongoose documents are sent as what `toBSON` returns. */
function plain(value: unknown): Document {
  if (typeof value !== 'object' || value === null) return {}
  const { toBSON } = value as { toBSON?: () => unknown }
  return (typeof toBSON === 'function' ? toBSON.call(value) : value) as Document
}

function pushed(value: unknown): unknown {
  const each = (value as { $each?: unknown } | null)?.$each
  return Array.isArray(each) ? each : [value]
}

function list(value: unknown): readonly Document[] {
  return Array.isArray(value) ? (value as readonly Document[]).map(plain) : []
}

function withoutPositions(key: string): string {
  return key
    .split('.')
    .filter((part) => !/^(\d+|\$.*)$/.test(part))
    .join('.')
}

function overlaps(known: string, path: string): boolean {
  return known === path || known.startsWith(`${path}.`) || path.startsWith(`${known}.`)
}

function refused(): GatewayError {
  return new GatewayError('WRITE_REFUSED')
}
