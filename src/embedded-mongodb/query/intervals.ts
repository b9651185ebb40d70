import {
  bsonClass,
  canonicalTypeOf,
  canonicalTypes,
  isNumber,
  isPlainObject,
  toNumber,
} from '../bson/canonical-type.ts'
import type { BsonDocument } from '../bson/document.ts'
import { encodeValueKey, invertKey } from '../bson/index-key.ts'
import { successor } from '../storage/storage-key.ts'
import { isOperatorObject } from './filter.ts'
import { literalPrefix, regexSource } from './regex.ts'

/** Codes of values from `low` (included) to `high` (excluded). */
export interface Interval {
  readonly low: Buffer
  readonly high: Buffer
  /** One value only: `low` is its code. */
  readonly point: boolean
}

function pointOf(value: unknown): Interval {
  const low = encodeValueKey(value)
  return { low, high: successor(low), point: true }
}

/** All values of a canonical type. */
function typeStart(type: number): Buffer {
  return Buffer.from([type])
}

function equalTo(value: unknown): Interval[] | undefined {
  if (value === null || value === undefined) return [pointOf(null)]
  const type = canonicalTypeOf(value)
  if (type === canonicalTypes.array || type === canonicalTypes.undefined) return undefined
  return [pointOf(value)]
}

function matching(operand: unknown, options: unknown): Interval[] | undefined {
  const prefix = literalPrefix(regexSource(operand, options))
  if (prefix === undefined) return undefined
  const low = Buffer.concat([typeStart(canonicalTypes.string), Buffer.from(prefix)])
  const regexes = canonicalTypes.regex
  return [
    { low, high: successor(low), point: false },
    { low: typeStart(regexes), high: typeStart(regexes + 1), point: false },
  ]
}

function compared(operator: string, value: unknown): Interval[] | undefined {
  const type = canonicalTypeOf(value)
  const unbounded: readonly number[] = [
    canonicalTypes.null,
    canonicalTypes.undefined,
    canonicalTypes.array,
    canonicalTypes.minKey,
    canonicalTypes.maxKey,
  ]
  if (unbounded.includes(type) || bsonClass(value) === 'BSONRegExp') return undefined
  if (isNumber(value) && Number.isNaN(toNumber(value))) return undefined
  const code = encodeValueKey(value)
  const above = operator === '$gt' || operator === '$gte'
  // NaN is the lowest number, but below nothing in a query.
  const lowest = type === canonicalTypes.number ? successor(encodeValueKey(NaN)) : typeStart(type)
  const low = operator === '$gt' ? successor(code) : above ? code : lowest
  const high = operator === '$lte' ? successor(code) : above ? typeStart(type + 1) : code
  return Buffer.compare(low, high) < 0 ? [{ low, high, point: false }] : []
}

const nullCode = encodeValueKey(null)
const valuesBesideNull: Interval[] = [
  { low: Buffer.alloc(0), high: nullCode, point: false },
  { low: successor(nullCode), high: Buffer.from([0xff]), point: false },
]

function ofOperator(operator: string, operand: unknown, operators: BsonDocument): Interval[] | undefined {
  switch (operator) {
    case '$eq':
      return equalTo(operand)
    case '$in': {
      if (!Array.isArray(operand)) return undefined
      const each = operand.map((value) =>
        bsonClass(value) === 'BSONRegExp' ? matching(value, undefined) : equalTo(value),
      )
      return each.every((intervals) => intervals !== undefined) ? union(each.flat()) : undefined
    }
    case '$ne':
      // Other values cut out one point of many; without null, sparse indexes and the tail of others serve.
      return operand === null ? valuesBesideNull : undefined
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return compared(operator, operand)
    case '$regex':
      return matching(operand, operators.$options)
    default:
      return undefined
  }
}

/** Sorts intervals and joins those that touch. */
function union(intervals: readonly Interval[]): Interval[] {
  const joined: Interval[] = []
  for (const next of [...intervals].sort((a, b) => Buffer.compare(a.low, b.low))) {
    const last = joined.at(-1)
    if (last === undefined || Buffer.compare(next.low, last.high) >= 0) joined.push(next)
    else if (Buffer.compare(next.high, last.high) > 0) {
      joined[joined.length - 1] = { low: last.low, high: next.high, point: false }
    }
  }
  return joined
}

function intersect(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const both: Interval[] = []
  for (const x of a) {
    for (const y of b) {
      const low = Buffer.compare(x.low, y.low) > 0 ? x.low : y.low
      const high = Buffer.compare(x.high, y.high) < 0 ? x.high : y.high
      if (Buffer.compare(low, high) < 0) both.push({ low, high, point: x.point || y.point })
    }
  }
  return both
}

/** Conditions that must all hold. An array can meet each with another element, so there only the first one counts. */
function conjunction(parts: readonly (Interval[] | undefined)[], multikey: boolean): Interval[] | undefined {
  const bounded = parts.filter((part) => part !== undefined)
  if (bounded.length === 0) return undefined
  if (multikey) return bounded.find((part) => part.every(({ point }) => point)) ?? bounded[0]
  return bounded.reduce(intersect)
}

/**
 * The values a field can have in documents that match the filter, as sorted, disjoint intervals; undefined when the
 * filter does not bound it. Never too narrow: what the intervals admit is tested against the filter.
 */
export function intervalsFor(filter: BsonDocument, field: string, multikey: boolean): Interval[] | undefined {
  const parts = Object.entries(filter).map(([name, condition]): Interval[] | undefined => {
    if (name === '$and' && Array.isArray(condition)) {
      return conjunction(
        condition.map((clause) =>
          isPlainObject(clause) ? intervalsFor(clause, field, multikey) : undefined,
        ),
        multikey,
      )
    }
    if (name === '$or' && Array.isArray(condition)) {
      const branches = condition.map((clause) =>
        isPlainObject(clause) ? intervalsFor(clause, field, multikey) : undefined,
      )
      return branches.every((branch) => branch !== undefined) ? union(branches.flat()) : undefined
    }
    if (name !== field) return undefined
    if (bsonClass(condition) === 'BSONRegExp') return matching(condition, undefined)
    if (!isOperatorObject(condition)) return equalTo(condition)
    return conjunction(
      Object.entries(condition).map(([operator, operand]) => ofOperator(operator, operand, condition)),
      multikey,
    )
  })
  return conjunction(parts, multikey)
}

/** The same values in a descending field, whose codes are inverted. */
export function invertIntervals(intervals: readonly Interval[]): Interval[] {
  return intervals.toReversed().map(({ low, high, point }) => ({
    low: point ? invertKey(Buffer.from(low)) : successor(invertKey(Buffer.from(high))),
    high: successor(invertKey(Buffer.from(low))),
    point,
  }))
}

/** Whether null, and so a missing field, is among the values. */
export function admitNull(intervals: readonly Interval[]): boolean {
  return intervals.some(
    ({ low, high }) => Buffer.compare(low, nullCode) <= 0 && Buffer.compare(nullCode, high) < 0,
  )
}

const exactOperators = new Set(['$eq', '$gt', '$gte', '$lt', '$lte', '$in'])
const exactTypes: ReadonlySet<number> = new Set([
  canonicalTypes.number,
  canonicalTypes.string,
  canonicalTypes.binary,
  canonicalTypes.objectId,
  canonicalTypes.boolean,
  canonicalTypes.date,
])

function isExactOperand(value: unknown): boolean {
  return Array.isArray(value)
    ? value.every((one) => exactTypes.has(canonicalTypeOf(one)))
    : exactTypes.has(canonicalTypeOf(value))
}

/**
 * Whether the intervals of these fields say all that the filter says, so that a document need not be looked at. Only for
 * indexes without arrays and without shortened keys.
 */
export function saysEverything(filter: BsonDocument, fields: readonly string[]): boolean {
  return Object.entries(filter).every(([name, condition]) => {
    if (name === '$and' && Array.isArray(condition)) {
      return condition.every((clause) => isPlainObject(clause) && saysEverything(clause, fields))
    }
    if (!fields.includes(name)) return false
    if (!isOperatorObject(condition)) return !Array.isArray(condition) && isExactOperand(condition)
    return Object.entries(condition).every(
      ([operator, operand]) =>
        exactOperators.has(operator) &&
        (operator === '$in') === Array.isArray(operand) &&
        isExactOperand(operand),
    )
  })
}
