import { fieldOf, setField } from '../bson/document-path.ts'
import { isPlainObject } from '../bson/canonical-type.ts'
import type { BsonDocument } from '../bson/document.ts'
import { compileFilter } from './filter.ts'

function clausesAt(filter: BsonDocument, path: string): BsonDocument[] {
  return Object.entries(filter).flatMap(([name, condition]) => {
    if (name === '$and' && Array.isArray(condition)) {
      return condition.flatMap((clause) => (isPlainObject(clause) ? clausesAt(clause, path) : []))
    }
    if (name === '$or' && Array.isArray(condition)) {
      return condition.some((clause) => isPlainObject(clause) && clausesAt(clause, path).length > 0)
        ? [{ $or: condition }]
        : []
    }
    return name === path || name.startsWith(`${path}.`) ? [{ [name]: condition }] : []
  })
}

function withElement(document: unknown, path: readonly string[], element: unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return [element]
  const copy = { ...(isPlainObject(document) ? document : {}) }
  setField(copy, name, withElement(fieldOf(document, name), rest, element))
  return copy
}

/**
 * The index that `$` stands for: the first element of the array at `path` for which the filter's conditions on that
 * array hold. Undefined when the filter says nothing of the array or no single element answers it.
 */
export function matchedElement(
  filter: BsonDocument,
  document: BsonDocument,
  path: readonly string[],
): number | undefined {
  const array = path.reduce<unknown>((value, name) => fieldOf(value, name), document)
  const clauses = clausesAt(filter, path.join('.')).map((clause) => compileFilter(clause))
  const last = clauses.at(-1)
  if (!Array.isArray(array) || last === undefined) return undefined
  const candidates = array.map((element) => withElement(document, path, element))
  const every = candidates.findIndex((candidate) => clauses.every((clause) => clause(candidate)))
  const found = every === -1 ? candidates.findIndex((candidate) => last(candidate)) : every
  return found === -1 ? undefined : found
}
