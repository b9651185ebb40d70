import { CommandError } from '../command-error.ts'
import { bsonClass, isNumber, toNumber } from '../bson/canonical-type.ts'
import type { ValueTest } from './value-test.ts'

const codes: Readonly<Record<string, number>> = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
}

const byClass: Readonly<Record<string, string>> = {
  Int32: 'int',
  Double: 'double',
  Long: 'long',
  Decimal128: 'decimal',
  BSONSymbol: 'symbol',
  Binary: 'binData',
  ObjectId: 'objectId',
  Timestamp: 'timestamp',
  BSONRegExp: 'regex',
  DBRef: 'object',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
}

/** MongoDB's name of a value's type, as `$type` gives it; `missing` for undefined. */
export function typeNameOf(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 'int' : 'double'
  if (Array.isArray(value)) return 'array'
  if (value instanceof Date) return 'date'
  const name = bsonClass(value)
  if (name === undefined) return 'object'
  if (name === 'Code') {
    return (value as { scope?: unknown }).scope == null ? 'javascript' : 'javascriptWithScope'
  }
  return byClass[name] ?? 'object'
}

function wantedNames(operand: unknown): string[] {
  if (operand === 'number') return ['int', 'long', 'double', 'decimal']
  if (typeof operand === 'string') {
    if (!Object.hasOwn(codes, operand))
      throw new CommandError('BadValue', `Unknown type name alias: ${operand}`)
    return [operand]
  }
  if (isNumber(operand)) {
    const name = Object.keys(codes).find((known) => codes[known] === toNumber(operand))
    if (name !== undefined) return [name]
    throw new CommandError('BadValue', `Invalid numerical type code: ${toNumber(operand)}`)
  }
  throw new CommandError('TypeMismatch', 'type must be represented as a number or a string')
}

/** `$type`: by number, by name, or any of a list. */
export function compileType(operand: unknown): { test: ValueTest; whole: boolean } {
  const wanted = new Set((Array.isArray(operand) ? operand : [operand]).flatMap(wantedNames))
  return { test: (value) => wanted.has(typeNameOf(value)), whole: false }
}
