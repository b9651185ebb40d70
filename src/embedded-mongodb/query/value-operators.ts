import type { Binary, BSONSymbol, ObjectId } from 'bson'
import { CommandError } from '../command-error.ts'
import {
  bsonClass,
  canonicalTypeOf,
  canonicalTypes,
  isNumber,
  toNumber,
  type BsonNumber,
} from '../bson/canonical-type.ts'
import { compareValues, equalValues } from '../bson/compare-values.ts'
import { compileRegex } from './regex.ts'
import type { ValueTest } from './value-test.ts'
import { compileType } from './value-type.ts'

interface CompiledOperator {
  readonly test: ValueTest
  /** The test is about the value at the path alone, not about the elements of an array there. */
  readonly whole: boolean
}

function elementwise(test: ValueTest): CompiledOperator {
  return { test, whole: false }
}

function isNullish(value: unknown): boolean {
  return value === null || value === undefined
}

function compileEquality(operand: unknown): CompiledOperator {
  if (isNullish(operand)) return elementwise(isNullish)
  return elementwise((value) => value !== undefined && equalValues(value, operand))
}

function isNaNValue(value: unknown): boolean {
  return isNumber(value) && Number.isNaN(toNumber(value))
}

/** Compares within one type only, as queries do; MinKey and MaxKey compare with everything. */
function compileComparison(holds: (order: number) => boolean): (operand: unknown) => CompiledOperator {
  return (operand) => {
    if (bsonClass(operand) === 'BSONRegExp') {
      throw new CommandError('BadValue', 'Can have a regex as operand only with $eq and $in')
    }
    const type = canonicalTypeOf(operand)
    if (type === canonicalTypes.null) return elementwise((value) => holds(0) && isNullish(value))
    if (type === canonicalTypes.minKey || type === canonicalTypes.maxKey) {
      return elementwise((value) => value !== undefined && holds(compareValues(value, operand)))
    }
    const nan = isNaNValue(operand)
    return elementwise(
      (value) =>
        canonicalTypeOf(value) === type && nan === isNaNValue(value) && holds(compareValues(value, operand)),
    )
  }
}

/**
 * The same for equal values alone, so that one of thousands is found at once; undefined for types whose equality is wider
 * than that of their bytes.
 */
function hashOf(value: unknown): string | undefined {
  if (typeof value === 'string') return `s${value}`
  const name = bsonClass(value)
  if (name === 'BSONSymbol') return `s${(value as BSONSymbol).value}`
  if (name === 'ObjectId') return `o${(value as ObjectId).toHexString()}`
  if (name !== 'Binary') return undefined
  const { buffer, position, sub_type: subtype } = value as Binary
  return `b${subtype}:${Buffer.from(buffer.buffer, buffer.byteOffset, position).toString('latin1')}`
}

function compileIn(operand: unknown): CompiledOperator {
  if (!Array.isArray(operand)) throw new CommandError('BadValue', '$in needs an array')
  const hashed = new Set(operand.map(hashOf).filter((hash) => hash !== undefined))
  const tests = operand
    .filter((element) => hashOf(element) === undefined)
    .map((element) => {
      if (bsonClass(element) === 'BSONRegExp') return compileRegex(element, undefined)
      return compileEquality(element).test
    })
  return elementwise((value) => {
    const hash = hashed.size === 0 ? undefined : hashOf(value)
    return (hash !== undefined && hashed.has(hash)) || tests.some((test) => test(value))
  })
}

function integerOperand(operator: string, operand: unknown): number {
  if (isNumber(operand)) {
    const number = toNumber(operand)
    if (Number.isFinite(number)) return Math.trunc(number)
  }
  throw new CommandError('BadValue', `${operator} needs a number`)
}

function compileSize(operand: unknown): CompiledOperator {
  const size = integerOperand('$size', operand)
  if (size < 0 || !isNumber(operand) || toNumber(operand) !== size) {
    throw new CommandError('BadValue', '$size may not be negative and must be an integer')
  }
  return { test: (value) => Array.isArray(value) && value.length === size, whole: true }
}

function truncatedBigInt(value: unknown): bigint | undefined {
  if (!isNumber(value)) return undefined
  if (typeof value !== 'number' && value._bsontype === 'Long') return value.toBigInt()
  const number = toNumber(value)
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : undefined
}

function compileMod(operand: unknown): CompiledOperator {
  if (!Array.isArray(operand) || operand.length !== 2) {
    throw new CommandError('BadValue', 'malformed mod, needs a divisor and a remainder')
  }
  const divisor = BigInt(integerOperand('$mod', operand[0]))
  const remainder = BigInt(integerOperand('$mod', operand[1]))
  if (divisor === 0n) throw new CommandError('BadValue', 'divisor cannot be 0')
  return elementwise((value) => {
    const number = truncatedBigInt(value)
    return number !== undefined && number % divisor === remainder
  })
}

function bitMask(operand: unknown): bigint {
  if (Array.isArray(operand)) {
    return operand.reduce<bigint>(
      (mask, bit) => mask | (1n << BigInt(integerOperand('bit position', bit))),
      0n,
    )
  }
  const bits = bitsOf(operand)
  if (bits === undefined || (isNumber(operand) && bits < 0n)) {
    throw new CommandError('BadValue', 'bit tests need a non-negative number, a binary value or an array')
  }
  return bits
}

function bitsOf(value: unknown): bigint | undefined {
  if (bsonClass(value) === 'Binary') {
    const { buffer, position } = value as Binary
    const hex = Buffer.from(buffer.subarray(0, position)).reverse().toString('hex')
    return hex === '' ? 0n : BigInt(`0x${hex}`)
  }
  if (!isNumber(value)) return undefined
  const number = truncatedBigInt(value)
  return number !== undefined && (isLong(value) || Number(number) === toNumber(value)) ? number : undefined
}

function isLong(value: BsonNumber): boolean {
  return typeof value !== 'number' && value._bsontype === 'Long'
}

function compileBits(holds: (bits: bigint, mask: bigint) => boolean): (operand: unknown) => CompiledOperator {
  return (operand) => {
    const mask = bitMask(operand)
    return elementwise((value) => {
      const bits = bitsOf(value)
      return bits !== undefined && holds(bits, mask)
    })
  }
}

/** The operators that look at one value; those that combine others are in `filter.ts`. */
export const valueOperators: Readonly<Record<string, (operand: unknown) => CompiledOperator>> = {
  $eq: compileEquality,
  $gt: compileComparison((order) => order > 0),
  $gte: compileComparison((order) => order >= 0),
  $lt: compileComparison((order) => order < 0),
  $lte: compileComparison((order) => order <= 0),
  $in: compileIn,
  $type: compileType,
  $size: compileSize,
  $mod: compileMod,
  $bitsAllSet: compileBits((bits, mask) => (bits & mask) === mask),
  $bitsAnySet: compileBits((bits, mask) => (bits & mask) !== 0n),
  $bitsAllClear: compileBits((bits, mask) => (bits & mask) === 0n),
  $bitsAnyClear: compileBits((bits, mask) => (bits & mask) !== mask),
}
