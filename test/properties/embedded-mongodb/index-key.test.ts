import { describe, expect, it } from '@jest/globals'
import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'bson'
import fc from 'fast-check'
import { compareValues } from '../../../src/embedded-mongodb/bson/compare-values.ts'
import { encodeValueKey, invertKey } from '../../../src/embedded-mongodb/bson/index-key.ts'
import { encodeNumberKey } from '../../../src/embedded-mongodb/bson/number-key.ts'

/** An integer or decimal as a BSON number of any type that holds it, with its exact value in units of 10^-6. */
const exactNumber = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({
    value: Long.fromBigInt(value),
    micros: value * 1_000_000n,
  })),
  fc.integer().map((value) => ({ value: new Int32(value), micros: BigInt(value) * 1_000_000n })),
  fc
    .bigInt({ min: -(2n ** 53n), max: 2n ** 53n })
    .map((value) => ({ value: new Double(Number(value)), micros: value * 1_000_000n })),
  fc.bigInt({ min: -(10n ** 33n), max: 10n ** 33n }).map((micros) => ({
    value: Decimal128.fromString(`${micros}E-6`),
    micros,
  })),
)

/** Numbers that lie close together, where rounding would show. */
const closeNumber = fc
  .tuple(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(0n, 2n ** 53n, 2n ** 62n, -(2n ** 60n)),
    fc.boolean(),
  )
  .map(([offset, base, decimal]) => ({
    value: decimal
      ? Decimal128.fromString((base + BigInt(offset)).toString())
      : Long.fromBigInt(base + BigInt(offset)),
    micros: (base + BigInt(offset)) * 1_000_000n,
  }))

const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.double().map((value) => new Double(value)),
    fc.integer().map((value) => new Int32(value)),
    fc.string({ unit: 'binary' }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 6 }).map((bytes) => new Binary(bytes, 0x80)),
    fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie('value'), { maxKeys: 3 }),
  ),
}))

function signOf(order: number | bigint): number {
  return order < 0 ? -1 : order > 0 ? 1 : 0
}

describe('index keys', () => {
  it('order numbers of all types exactly', () => {
    const number = fc.oneof(exactNumber, closeNumber)
    fc.assert(
      fc.property(number, number, (a, b) => {
        const order = Buffer.compare(encodeNumberKey(a.value), encodeNumberKey(b.value))
        expect(signOf(order)).toBe(signOf(a.micros - b.micros))
      }),
      { numRuns: 2000 },
    )
  })

  it('order doubles as numbers, NaN lowest', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (a, b) => {
        const order = Buffer.compare(encodeNumberKey(a), encodeNumberKey(b))
        const rank = (x: number, y: number): number => (x < y ? -1 : x > y ? 1 : 0)
        const expected =
          Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(b)) - Number(Number.isNaN(a)) : rank(a, b)
        expect(signOf(order)).toBe(expected)
      }),
    )
  })

  it('order text by its UTF-8 bytes', () => {
    const text = fc.string({ unit: 'binary', maxLength: 5 })
    fc.assert(
      fc.property(text, text, (a, b) => {
        const order = Buffer.compare(encodeValueKey(a), encodeValueKey(b))
        expect(signOf(order)).toBe(signOf(Buffer.compare(Buffer.from(a), Buffer.from(b))))
      }),
      { numRuns: 1000 },
    )
  })

  it('agree with the comparison of values', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(signOf(Buffer.compare(encodeValueKey(a), encodeValueKey(b)))).toBe(signOf(compareValues(a, b)))
      }),
      { numRuns: 1000 },
    )
  })

  it('are never the beginning of one another, so that fields can follow each other', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        const x = encodeValueKey(a)
        const y = encodeValueKey(b)
        expect(x.equals(y) || !y.subarray(0, x.length).equals(x)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('come in the opposite order when inverted, whatever follows', () => {
    fc.assert(
      fc.property(anyValue, anyValue, anyValue, (a, b, next) => {
        fc.pre(compareValues(a, b) !== 0)
        const key = (value: unknown): Buffer =>
          Buffer.concat([invertKey(encodeValueKey(value)), encodeValueKey(next)])
        expect(signOf(Buffer.compare(key(a), key(b)))).toBe(-signOf(compareValues(a, b)))
      }),
      { numRuns: 1000 },
    )
  })
})
