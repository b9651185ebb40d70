import { isWellFormed } from '../crypto/length-prefixed.ts'

/** BSON allows 100 levels; the document around the value needs a few. */
const maxDepth = 64

/**
 * What the database would change, or read as words of its own, in a value that is stored as it is. Encrypted values may
 * hold all of it.
 * @returns what is wrong with the value, in words that hold none of it; undefined when it can be stored
 */
export function findUnstorable(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return isWellFormed(value) ? undefined : 'must be well-formed Unicode'
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'must hold finite numbers only'
  if (typeof value !== 'object' || value === null || value instanceof Date) return undefined
  if (depth > maxDepth) return `must not be nested deeper than ${maxDepth} levels`
  if (Array.isArray(value)) return findFirst(value, (item) => findUnstorable(item, depth + 1))
  return findFirst(Object.entries(value), ([key, inner]) =>
    isStorableKey(key)
      ? findUnstorable(inner, depth + 1)
      : 'has a key that the database keeps for itself (with $ in front, a dot or NUL, _bsontype, __proto__)',
  )
}

/** `_bsontype` makes the driver take an object for one of its own. */
function isStorableKey(key: string): boolean {
  return isWellFormed(key) && key !== '_bsontype' && key !== '__proto__' && !/^\$|[.\0]/.test(key)
}

function findFirst<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}
