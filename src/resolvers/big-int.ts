import { GraphQLScalarType, Kind } from 'graphql'

const digits = /^-?\d{1,19}$/
const least = -(2n ** 63n)
const most = 2n ** 63n - 1n

/** A 64-bit integer, inside the gateway always a `bigint`, to callers always text: JSON numbers end at 2^53. */
export const bigIntScalar = new GraphQLScalarType<bigint, string>({
  name: 'BigInt',
  description:
    'An integer of at most 64 bits. Answered as text, because a JSON number is exact up to 2^53 only; taken as either.',
  serialize: (value) => toBigInt(value).toString(),
  parseValue: toBigInt,
  parseLiteral: (node) =>
    toBigInt(node.kind === Kind.INT || node.kind === Kind.STRING ? node.value : undefined),
})

/**
 * @param value - text, a bigint, a number that is exact, or an integer object of a database driver, which prints as digits
 * @throws TypeError when it is none of them or too large; the message does not quote it
 */
export function toBigInt(value: unknown): bigint {
  if (typeof value === 'bigint') return withinBounds(value)
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  const text = typeof value === 'string' || isInteger64(value) ? String(value) : ''
  if (!digits.test(text)) throw new TypeError('BigInt takes whole numbers only; beyond 2^53 as text.')
  return withinBounds(BigInt(text))
}

function isInteger64(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '_bsontype' in value && value._bsontype === 'Long'
}

function withinBounds(value: bigint): bigint {
  if (value < least || value > most) throw new TypeError('BigInt takes at most 64 bits.')
  return value
}
