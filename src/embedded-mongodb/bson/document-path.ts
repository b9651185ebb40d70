import { bsonClass, isPlainObject } from './canonical-type.ts'
import { fieldsOf } from './index-key.ts'

/** Reads one field by its own name: never an inherited property. Undefined when the field is missing. */
export function fieldOf(value: unknown, name: string): unknown {
  if (isPlainObject(value)) return Object.hasOwn(value, name) ? value[name] : undefined
  return bsonClass(value) === 'DBRef' ? fieldsOf(value as object)[name] : undefined
}

/** Sets a field, `__proto__` included, as an ordinary own property. */
export function setField(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
  } else target[name] = value
}

export function isArrayIndex(name: string): boolean {
  return /^(0|[1-9]\d{0,8})$/.test(name)
}

/**
 * Calls `visit` with every value a dotted path reaches, walking into the elements of arrays on the way as queries do.
 * A missing value is visited as undefined. The value at the end is visited whole: an array is not taken apart.
 * `visit` returns true to stop; so does this.
 */
export function visitPath(
  value: unknown,
  path: readonly string[],
  visit: (value: unknown) => boolean,
  from = 0,
): boolean {
  const name = path[from]
  if (name === undefined) return visit(value)
  if (Array.isArray(value)) {
    if (isArrayIndex(name) && Number(name) < value.length) {
      if (visitPath(value[Number(name)], path, visit, from + 1)) return true
    }
    for (const element of value) {
      if (isPlainObject(element) && visitPath(element, path, visit, from)) return true
    }
    return false
  }
  return visitPath(fieldOf(value, name), path, visit, from + 1)
}
