import type { Double, Int32, ObjectId } from 'bson'
import { bsonClass, canonicalTypeOf, canonicalTypes } from './canonical-type.ts'
import { encodeValueKey } from './index-key.ts'

/** A number that a double holds exactly, or undefined for Long and Decimal128. */
function asDouble(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const name = bsonClass(value)
  return name === 'Int32' || name === 'Double' ? (value as Int32 | Double).value : undefined
}

function compareDoubles(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : 1
}

function hasSurrogates(text: string): boolean {
  return /[\ud800-\udfff]/.test(text)
}

/** MongoDB's comparison order over all BSON values. Missing (undefined) counts as BSON undefined, below null. */
export function compareValues(a: unknown, b: unknown): number {
  const type = canonicalTypeOf(a)
  const order = type - canonicalTypeOf(b)
  if (order !== 0) return order
  switch (type) {
    case canonicalTypes.number: {
      const x = asDouble(a)
      const y = asDouble(b)
      if (x !== undefined && y !== undefined) return compareDoubles(x, y)
      break
    }
    case canonicalTypes.string: {
      const x = String(a)
      const y = String(b)
      if (x === y) return 0
      if (!hasSurrogates(x) && !hasSurrogates(y)) return x < y ? -1 : 1
      return Buffer.compare(Buffer.from(x), Buffer.from(y))
    }
    case canonicalTypes.objectId:
      return Buffer.compare((a as ObjectId).id, (b as ObjectId).id)
    case canonicalTypes.boolean:
      return Number(a) - Number(b)
    case canonicalTypes.date:
      return compareDoubles((a as Date).getTime(), (b as Date).getTime())
    default:
  }
  return Buffer.compare(encodeValueKey(a), encodeValueKey(b))
}

export function equalValues(a: unknown, b: unknown): boolean {
  return compareValues(a, b) === 0
}
