import { GraphQLScalarType, Kind } from 'graphql'

const digits = /^-?\d{1,19}$/
const least = -(2n ** 63n)
const most = 2n ** 63n - 1n

/** A 64-bit integer, inside the gateway always a `bigint`, to callers always text: JSON numbers end at 2^53. */
export const bigIntScalar = new GraphQLScalarType<bigint, string>({
  name: 'BigInt',
  description:
    'An integer of at most 64 bits. Answered as text, because a JSON number is exact up to 2^53 only; taken as either.',
  // The database driver gives numbers where they are exact, else objects that print as digits.
  serialize: (value) => parseInteger(String(value)).toString(),
  parseValue: (value) => {
    if (typeof value === 'bigint') return parseInteger(value.toString())
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw notExact()
    return parseInteger(typeof value === 'number' || typeof value === 'string' ? String(value) : '')
  },
  parseLiteral: (node) => parseInteger(node.kind === Kind.INT || node.kind === Kind.STRING ? node.value : ''),
})

function parseInteger(text: string): bigint {
  if (!digits.test(text)) throw notExact()
  const value = BigInt(text)
  if (value < least || value > most) throw new TypeError('BigInt takes at most 64 bits.')
  return value
}

function notExact(): TypeError {
  return new TypeError('BigInt takes whole numbers, beyond 2^53 as text.')
}
