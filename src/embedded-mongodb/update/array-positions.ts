import { CommandError } from '../command-error.ts'
import { isPlainObject } from '../bson/canonical-type.ts'
import type { BsonDocument } from '../bson/document.ts'
import { compileFilter, type Predicate } from '../query/filter.ts'
import { matchedElement } from '../query/positional.ts'
import { readPath } from './modify-path.ts'

export type ArrayFilters = ReadonlyMap<string, Predicate>

function namesIn(filter: BsonDocument): string[] {
  return Object.entries(filter).flatMap(([name, condition]) =>
    name.startsWith('$') && Array.isArray(condition)
      ? condition.flatMap((clause) => (isPlainObject(clause) ? namesIn(clause) : []))
      : [name.split('.')[0] ?? ''],
  )
}

/** Reads `arrayFilters`: each speaks of one identifier, the first part of its field names. */
export function parseArrayFilters(arrayFilters: unknown): ArrayFilters {
  const filters = new Map<string, Predicate>()
  if (arrayFilters === undefined) return filters
  if (!Array.isArray(arrayFilters)) throw new CommandError('TypeMismatch', 'arrayFilters must be an array')
  for (const filter of arrayFilters) {
    if (!isPlainObject(filter)) throw new CommandError('TypeMismatch', 'arrayFilters must hold objects')
    const [identifier, ...others] = new Set(namesIn(filter))
    if (identifier === undefined || others.length > 0 || !/^[a-z][A-Za-z0-9]*$/.test(identifier)) {
      throw new CommandError('FailedToParse', 'Each array filter must use exactly one identifier')
    }
    if (filters.has(identifier)) {
      throw new CommandError('FailedToParse', `Found multiple array filters with the same name ${identifier}`)
    }
    filters.set(identifier, compileFilter(filter))
  }
  return filters
}

export interface Positions {
  readonly document: BsonDocument
  readonly filter: BsonDocument
  readonly arrayFilters: ArrayFilters
}

function elementsFor(part: string, array: unknown, path: readonly string[], positions: Positions): number[] {
  if (part === '$') {
    const at = matchedElement(positions.filter, positions.document, path)
    if (at !== undefined) return [at]
    throw new CommandError(
      'BadValue',
      'The positional operator did not find the match needed from the query.',
    )
  }
  if (!Array.isArray(array)) {
    throw new CommandError('BadValue', `Cannot apply array updates to non-array element ${path.join('.')}`)
  }
  const identifier = part.slice(2, -1)
  const predicate = identifier === '' ? () => true : positions.arrayFilters.get(identifier)
  if (predicate === undefined) {
    throw new CommandError('BadValue', `No array filter found for identifier '${identifier}'`)
  }
  return array.flatMap((element, i) =>
    identifier === '' || predicate({ [identifier]: element as unknown }) ? [i] : [],
  )
}

/** Replaces `$`, `$[]` and `$[identifier]` in a path by the elements they stand for in a document. */
export function resolvePositions(path: readonly string[], positions: Positions): string[][] {
  let resolved: string[][] = [[]]
  for (const part of path) {
    resolved =
      part === '$' || /^\$\[.*\]$/.test(part)
        ? resolved.flatMap((base) =>
            elementsFor(part, readPath(positions.document, base), base, positions).map((at) => [
              ...base,
              String(at),
            ]),
          )
        : resolved.map((base) => [...base, part])
  }
  return resolved
}
