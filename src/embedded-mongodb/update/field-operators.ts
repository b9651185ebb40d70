import { Double, Int32, Long, Timestamp } from 'bson'
import { CommandError } from '../command-error.ts'
import { bsonClass, isNumber, isPlainObject } from '../bson/canonical-type.ts'
import { compareValues } from '../bson/compare-values.ts'
import { typeNameOf } from '../query/value-type.ts'
import { addition, type Arithmetic, calculate, calculateBits, multiplication } from './arithmetic.ts'
import { type Modify, removed } from './modify-path.ts'

function arithmeticOperator(operator: string, arithmetic: Arithmetic): (operand: unknown) => Modify {
  return (operand) => {
    if (!isNumber(operand)) {
      throw new CommandError('TypeMismatch', `Cannot apply ${operator} with non-numeric argument`)
    }
    return (value) => {
      if (value === undefined) {
        return operator === '$inc' ? operand : calculate(operator, arithmetic, zeroLike(operand), operand)
      }
      if (!isNumber(value)) {
        throw new CommandError(
          'TypeMismatch',
          `Cannot apply ${operator} to a value of non-numeric type ${typeNameOf(value)}`,
        )
      }
      return calculate(operator, arithmetic, value, operand)
    }
  }
}

function zeroLike(value: unknown): Int32 | Double | Long {
  const name = bsonClass(value)
  return name === 'Long' ? Long.ZERO : name === 'Double' ? new Double(0) : new Int32(0)
}

function extreme(keeps: (order: number) => boolean): (operand: unknown) => Modify {
  return (operand) => (value) =>
    value === undefined || !keeps(compareValues(value, operand)) ? operand : undefined
}

/** Seconds and a counter, unique within this process. */
let lastOrdinal = 0
function currentTimestamp(): Timestamp {
  lastOrdinal = (lastOrdinal + 1) % 0xffffffff
  return new Timestamp({ t: Math.floor(Date.now() / 1000), i: lastOrdinal })
}

function currentDate(operand: unknown): Modify {
  const type = isPlainObject(operand) ? operand.$type : operand
  if (type === true || type === 'date') return () => new Date()
  if (type === 'timestamp') return () => currentTimestamp()
  throw new CommandError('BadValue', "$currentDate needs true or { $type: 'date' | 'timestamp' }")
}

function bit(operand: unknown): Modify {
  if (!isPlainObject(operand) || Object.keys(operand).length === 0) {
    throw new CommandError('BadValue', 'The $bit modifier needs an embedded document')
  }
  return (value) =>
    Object.entries(operand).reduce<unknown>((bits, [name, mask]) => calculateBits(bits, name, mask), value)
}

/** The operators that look at one field; each takes its operand and says what becomes of the field. */
export const fieldOperators: Readonly<Record<string, (operand: unknown) => Modify>> = {
  $set: (operand) => () => operand,
  $setOnInsert: (operand) => () => operand,
  $unset: () => (value) => (value === undefined ? undefined : removed),
  $inc: arithmeticOperator('$inc', addition),
  $mul: arithmeticOperator('$mul', multiplication),
  $min: extreme((order) => order <= 0),
  $max: extreme((order) => order >= 0),
  $currentDate: currentDate,
  $bit: bit,
}
