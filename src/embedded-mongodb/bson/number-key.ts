import { type BsonNumber, toNumber } from './canonical-type.ts'

/** A number as an exact decimal: `digits` times ten to the power of `exponent`. */
export interface ExactDecimal {
  readonly digits: bigint
  readonly exponent: number
}

/** Reads a finite decimal in the notation of `Decimal128.toString()`. */
export function parseDecimal(text: string): ExactDecimal {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length }
}

const view = new DataView(new ArrayBuffer(8))

/** Compares an exact decimal with a finite double. */
function compareWithDouble(decimal: ExactDecimal, double: number): number {
  view.setFloat64(0, double)
  const bits = view.getBigUint64(0)
  const biased = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const mantissa = (biased === 0 ? fraction : fraction | 0x10000000000000n) * (double < 0 ? -1n : 1n)
  const power = (biased === 0 ? 1 : biased) - 1075
  let left = decimal.digits
  let right = mantissa
  if (decimal.exponent > 0) left *= 10n ** BigInt(decimal.exponent)
  else right *= 10n ** BigInt(-decimal.exponent)
  if (power > 0) right <<= BigInt(power)
  else left <<= BigInt(-power)
  return left < right ? -1 : left > right ? 1 : 0
}

function nextDoubleDown(double: number): number {
  if (double === 0) return -Number.MIN_VALUE
  view.setFloat64(0, double)
  view.setBigUint64(0, view.getBigUint64(0) + (double > 0 ? -1n : 1n))
  return view.getFloat64(0)
}

/** The tail that orders decimals which share the largest double not above them. */
function decimalTail({ digits, exponent }: ExactDecimal): Buffer {
  const negative = digits < 0n
  const text = (negative ? -digits : digits).toString().replace(/0+$/, '') || '0'
  const magnitude = (negative ? -digits : digits).toString().length + exponent
  const bytes = Buffer.alloc(4 + text.length)
  bytes[0] = 1
  bytes.writeUInt16BE((negative ? -magnitude : magnitude) + 0x8000, 1)
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 47
    bytes[3 + i] = negative ? 11 - digit : digit
  }
  bytes[3 + text.length] = negative ? 0xff : 0
  return bytes
}

function orderedDouble(double: number): Buffer {
  const bytes = Buffer.alloc(9)
  if (Number.isNaN(double)) return bytes
  view.setFloat64(0, double === 0 ? 0 : double)
  const bits = view.getBigUint64(0)
  bytes.writeBigUInt64BE(bits >> 63n === 0n ? bits | 0x8000000000000000n : bits ^ 0xffffffffffffffffn)
  return bytes
}

function encodeDecimal(decimal: ExactDecimal): Buffer {
  let floor = Number(`${decimal.digits}e${decimal.exponent}`)
  if (floor === Infinity) floor = Number.MAX_VALUE
  if (floor !== -Infinity) {
    const order = compareWithDouble(decimal, floor)
    if (order === 0) return orderedDouble(floor)
    if (order < 0) floor = nextDoubleDown(floor)
  }
  return Buffer.concat([orderedDouble(floor).subarray(0, 8), decimalTail(decimal)])
}

/**
 * Encodes any BSON number so that bytes compare as the numbers do, across types and without rounding:
 * the largest double not above it, then zero if it is that double, or a tail that orders what lies between two
 * doubles. Equal numbers of different types have equal bytes; NaN is the lowest.
 */
export function encodeNumberKey(value: BsonNumber): Buffer {
  if (typeof value === 'number') return orderedDouble(value)
  switch (value._bsontype) {
    case 'Int32':
    case 'Double':
      return orderedDouble(value.value)
    case 'Long': {
      const double = value.toNumber()
      if (Number.isSafeInteger(double)) return orderedDouble(double)
      return encodeDecimal({ digits: value.toBigInt(), exponent: 0 })
    }
    case 'Decimal128': {
      const text = value.toString()
      if (text === 'NaN' || text.endsWith('Infinity')) return orderedDouble(toNumber(value))
      return encodeDecimal(parseDecimal(text))
    }
  }
}
