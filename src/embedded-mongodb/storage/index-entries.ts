import { CommandError } from '../command-error.ts'
import { isArrayIndex, fieldOf } from '../bson/document-path.ts'
import { encodeValueKey, invertKey } from '../bson/index-key.ts'
import type { IndexDefinition } from './index-definition.ts'
import { exceeds, shortenFields } from './storage-key.ts'

/** What an index holds of one document. */
export interface IndexEntries {
  /** The keys of the fields, without duplicates. */
  readonly keys: readonly Buffer[]
  /** Whether an array was taken apart. */
  readonly multikey: boolean
  /** Whether a key was too long and now ends in a hash. */
  readonly shortened: boolean
}

interface Reached {
  readonly values: unknown[]
  array: string | undefined
}

/** Collects what a path reaches: elements of arrays one by one, an empty array as undefined. */
function reach(value: unknown, path: readonly string[], at: number, reached: Reached): void {
  const name = path[at]
  if (Array.isArray(value)) {
    const array = path.slice(0, at).join('.')
    if (name === undefined) {
      reached.array ??= array
      if (value.length === 0) reached.values.push(undefined)
      else reached.values.push(...(value as unknown[]))
      return
    }
    if (isArrayIndex(name)) {
      reach(value[Number(name)], path, at + 1, reached)
      return
    }
    reached.array ??= array
    if (value.length === 0) reached.values.push(null)
    for (const element of value) {
      if (Array.isArray(element)) reached.values.push(null)
      else reach(element, path, at, reached)
    }
    return
  }
  if (name === undefined) reached.values.push(value === undefined ? missing : value)
  else reach(fieldOf(value, name), path, at + 1, reached)
}

const missing = Symbol('missing')

/** Two fields of one index may share an array (`a.x`, `a.y`) but not have arrays of their own. */
function arraysOf(reached: readonly Reached[]): ReadonlySet<string> {
  return new Set(reached.flatMap(({ array }) => (array === undefined ? [] : [array])))
}

/** Paths that share an array must take their values from the same element. */
function combine(document: unknown, index: IndexDefinition, array: string): unknown[][] {
  const path = array.split('.')
  let elements: unknown = document
  for (const name of path) elements = fieldOf(elements, name)
  if (!Array.isArray(elements))
    throw new CommandError('CannotIndexParallelArrays', 'cannot index nested arrays')
  const rows: unknown[][] = []
  for (const element of elements.length === 0 ? [undefined] : (elements as unknown[])) {
    const row: unknown[] = []
    for (const field of index.fields) {
      const inside = path.every((name, i) => field.path[i] === name)
      const reached: Reached = { values: [], array: undefined }
      const rest = field.path.slice(path.length)
      if (!inside) reach(document, field.path, 0, reached)
      else if (rest.length === 0) reached.values.push(elements.length === 0 ? undefined : element)
      else reach(Array.isArray(element) ? undefined : element, rest, 0, reached)
      if (reached.array !== undefined) {
        throw new CommandError('CannotIndexParallelArrays', 'cannot index parallel arrays')
      }
      row.push(reached.values[0])
    }
    rows.push(row)
  }
  return rows
}

/** Computes the entries of a document in an index. A document the index does not cover has none. */
export function computeIndexEntries(index: IndexDefinition, document: unknown): IndexEntries {
  const reached = index.fields.map(({ path }) => {
    const into: Reached = { values: [], array: undefined }
    reach(document, path, 0, into)
    return into
  })
  const arrays = arraysOf(reached)
  if (arrays.size > 1) {
    throw new CommandError(
      'CannotIndexParallelArrays',
      `cannot index parallel arrays [${[...arrays].join('] [')}]`,
    )
  }
  if (index.sparse && reached.every(({ values }) => values.every((value) => value === missing))) {
    return { keys: [], multikey: false, shortened: false }
  }
  const [array] = arrays
  let rows: unknown[][]
  if (index.fields.length === 1) rows = (reached[0]?.values ?? []).map((value) => [value])
  else if (array === undefined) rows = [reached.map(({ values }) => values[0])]
  else rows = combine(document, index, array)

  const keys = new Map<string, Buffer>()
  let shortened = false
  for (const row of rows) {
    const code = Buffer.concat(
      row.map((value, i) => {
        const bytes = encodeValueKey(value === missing ? null : value)
        return index.fields[i]?.descending === true ? invertKey(bytes) : bytes
      }),
    )
    shortened ||= exceeds('fields', code)
    const key = shortenFields(code)
    keys.set(key.toString('latin1'), key)
  }
  return { keys: [...keys.values()], multikey: array !== undefined, shortened }
}
