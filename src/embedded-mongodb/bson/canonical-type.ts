import type { Decimal128, Double, Int32, Long } from 'bson'

/**
 * MongoDB's comparison order of types, as the first byte of an index key.
 * The gaps leave room below and above each, so that a bound can stand between two types.
 */
export const canonicalTypes = {
  minKey: 0x0a,
  undefined: 0x0f,
  null: 0x14,
  number: 0x1e,
  string: 0x3c,
  object: 0x46,
  array: 0x50,
  binary: 0x5a,
  objectId: 0x64,
  boolean: 0x6e,
  date: 0x78,
  timestamp: 0x82,
  regex: 0x8c,
  dbPointer: 0x96,
  code: 0xa0,
  codeWithScope: 0xaa,
  maxKey: 0xf0,
} as const

export type BsonNumber = number | Int32 | Double | Long | Decimal128

const bySubclass: Readonly<Record<string, number>> = {
  Int32: canonicalTypes.number,
  Double: canonicalTypes.number,
  Long: canonicalTypes.number,
  Decimal128: canonicalTypes.number,
  BSONSymbol: canonicalTypes.string,
  Binary: canonicalTypes.binary,
  ObjectId: canonicalTypes.objectId,
  Timestamp: canonicalTypes.timestamp,
  BSONRegExp: canonicalTypes.regex,
  DBRef: canonicalTypes.object,
  MinKey: canonicalTypes.minKey,
  MaxKey: canonicalTypes.maxKey,
}

/** The BSON class of a value, such as `Int32`, or undefined for what JavaScript itself represents. */
export function bsonClass(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const name = (value as { _bsontype?: unknown })._bsontype
  return typeof name === 'string' && !Object.hasOwn(value, '_bsontype') ? name : undefined
}

export function canonicalTypeOf(value: unknown): number {
  if (value === undefined) return canonicalTypes.undefined
  if (value === null) return canonicalTypes.null
  if (typeof value === 'string') return canonicalTypes.string
  if (typeof value === 'number') return canonicalTypes.number
  if (typeof value === 'boolean') return canonicalTypes.boolean
  if (Array.isArray(value)) return canonicalTypes.array
  if (value instanceof Date) return canonicalTypes.date
  const name = bsonClass(value)
  if (name === undefined) return canonicalTypes.object
  if (name === 'Code') {
    return (value as { scope?: unknown }).scope == null ? canonicalTypes.code : canonicalTypes.codeWithScope
  }
  return bySubclass[name] ?? canonicalTypes.object
}

/** A document or embedded document, as opposed to an array, a scalar or a value of a BSON class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    bsonClass(value) === undefined
  )
}

export function isNumber(value: unknown): value is BsonNumber {
  return canonicalTypeOf(value) === canonicalTypes.number
}

/** The JavaScript number nearest to a BSON number. */
export function toNumber(value: BsonNumber): number {
  if (typeof value === 'number') return value
  switch (value._bsontype) {
    case 'Int32':
    case 'Double':
      return value.value
    case 'Long':
      return value.toNumber()
    case 'Decimal128':
      return Number(value.toString())
  }
}
