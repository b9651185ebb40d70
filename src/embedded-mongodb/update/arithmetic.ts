import { Decimal128, Double, Int32, Long } from 'bson'
import { CommandError, refuse } from '../command-error.ts'
import { bsonClass, type BsonNumber, isNumber, toNumber } from '../bson/canonical-type.ts'
import { type ExactDecimal, parseDecimal } from '../bson/number-key.ts'

export interface Arithmetic {
  readonly integers: (a: bigint, b: bigint) => bigint
  readonly doubles: (a: number, b: number) => number
  readonly decimals: (a: ExactDecimal, b: ExactDecimal) => ExactDecimal
}

export const addition: Arithmetic = {
  integers: (a, b) => a + b,
  doubles: (a, b) => a + b,
  decimals: (a, b) => {
    const exponent = Math.min(a.exponent, b.exponent)
    const scaled = ({ digits, exponent: own }: ExactDecimal): bigint => digits * 10n ** BigInt(own - exponent)
    return { digits: scaled(a) + scaled(b), exponent }
  },
}

export const multiplication: Arithmetic = {
  integers: (a, b) => a * b,
  doubles: (a, b) => a * b,
  decimals: (a, b) => ({ digits: a.digits * b.digits, exponent: a.exponent + b.exponent }),
}

function isInteger(value: BsonNumber): boolean {
  return typeof value === 'number'
    ? Number.isInteger(value)
    : value._bsontype === 'Int32' || value._bsontype === 'Long'
}

function toBigInt(value: BsonNumber): bigint {
  return bsonClass(value) === 'Long' ? (value as Long).toBigInt() : BigInt(toNumber(value))
}

function toExactDecimal(value: BsonNumber): ExactDecimal {
  const text = isInteger(value)
    ? String(toBigInt(value))
    : bsonClass(value) === 'Decimal128'
      ? String(value)
      : ''
  if (!/^-?[\d.]+(e[+-]?\d+)?$/i.test(text))
    throw refuse('arithmetic of Decimal128 with Double, NaN or infinity')
  return parseDecimal(text)
}

function fromExactDecimal({ digits, exponent }: ExactDecimal): Decimal128 {
  try {
    return Decimal128.fromString(`${digits}E${exponent}`)
  } catch {
    throw refuse('Decimal128 results of more than 34 digits')
  }
}

/**
 * Computes with MongoDB's types of results: int and int give int, or long where that is too small; a double makes a
 * double, a decimal a decimal. Throws BadValue where a long overflows.
 */
export function calculate(
  operator: string,
  arithmetic: Arithmetic,
  a: BsonNumber,
  b: BsonNumber,
): BsonNumber {
  if (bsonClass(a) === 'Decimal128' || bsonClass(b) === 'Decimal128') {
    return fromExactDecimal(arithmetic.decimals(toExactDecimal(a), toExactDecimal(b)))
  }
  if (!isInteger(a) || !isInteger(b)) return new Double(arithmetic.doubles(toNumber(a), toNumber(b)))
  return integerOf(operator, arithmetic.integers(toBigInt(a), toBigInt(b)), [a, b].some(isLong))
}

function isLong(value: BsonNumber): boolean {
  return bsonClass(value) === 'Long'
}

function integerOf(operator: string, result: bigint, long: boolean): BsonNumber {
  if (!long && BigInt.asIntN(32, result) === result) return new Int32(Number(result))
  if (BigInt.asIntN(64, result) === result) return Long.fromBigInt(result)
  throw new CommandError('BadValue', `Failed to apply ${operator} operations to current value: overflow`)
}

const bitOperations: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
}

/** `$bit`: and, or, xor of integers. */
export function calculateBits(value: unknown, operation: string, operand: unknown): BsonNumber {
  const apply = bitOperations[operation]
  if (apply === undefined || !isNumber(operand) || !isInteger(operand)) {
    throw new CommandError('BadValue', 'The $bit modifier takes and, or, xor with a 32 or 64 bit integer')
  }
  const present = value === undefined ? new Int32(0) : value
  if (!isNumber(present) || !isInteger(present)) {
    throw new CommandError('BadValue', 'Cannot apply $bit to a value of non-integral type')
  }
  return integerOf('$bit', apply(toBigInt(present), toBigInt(operand)), isLong(present) || isLong(operand))
}
