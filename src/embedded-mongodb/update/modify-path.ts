import { CommandError } from '../command-error.ts'
import { isPlainObject } from '../bson/canonical-type.ts'
import type { BsonDocument } from '../bson/document.ts'
import { fieldOf, isArrayIndex, setField } from '../bson/document-path.ts'

/** Removes the field. */
export const removed = Symbol('removed')

/** Changes a value, undefined where it is missing. Returning undefined leaves everything as it is. */
export type Modify = (value: unknown) => unknown

/** How far behind the end of an array an update may write. */
const longestPadding = 1_500_000

function notViable(name: string, path: readonly string[]): CommandError {
  return new CommandError('PathNotViable', `Cannot create field '${name}' in element {${path.join('.')}}`)
}

function modifyElement(array: unknown[], name: string, modify: Modify, path: readonly string[]): void {
  if (!isArrayIndex(name)) throw notViable(name, path)
  const at = Number(name)
  const value = modify(array[at])
  if (value === undefined) return
  if (value === removed) {
    if (at < array.length) array[at] = null
    return
  }
  if (at - array.length > longestPadding)
    throw new CommandError('BadValue', `can't backfill array to ${name}`)
  while (array.length < at) array.push(null)
  array[at] = value
}

function modifyField(target: BsonDocument, name: string, modify: Modify): void {
  const value = modify(fieldOf(target, name))
  if (value === removed) Reflect.deleteProperty(target, name)
  else if (value !== undefined) setField(target, name, value)
}

/**
 * Applies `modify` to what a concrete path leads to, in place. Missing embedded documents on the way are created if
 * the result is a value. Throws PathNotViable where the way leads through a scalar.
 */
export function modifyPath(document: BsonDocument, path: readonly string[], modify: Modify): void {
  walk(document, 0)

  function walk(target: unknown, at: number): void {
    const name = path[at] ?? ''
    const step: Modify =
      at === path.length - 1
        ? modify
        : (value) => {
            if (value === undefined) {
              const created: BsonDocument = {}
              walk(created, at + 1)
              return Object.keys(created).length === 0 ? undefined : created
            }
            walk(value, at + 1)
            return undefined
          }
    if (Array.isArray(target)) modifyElement(target, name, step, path.slice(0, at))
    else if (isPlainObject(target)) modifyField(target, name, step)
    else if (modify(undefined) !== removed && modify(undefined) !== undefined) {
      throw notViable(name, path.slice(0, at))
    }
  }
}

/** Reads what a concrete path leads to. */
export function readPath(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      Array.isArray(value) && isArrayIndex(name) ? value[Number(name)] : fieldOf(value, name),
    document,
  )
}
