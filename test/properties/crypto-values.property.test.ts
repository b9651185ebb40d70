import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'

import { decodeValue, encodeValue, type ValueType } from '../../src/crypto/value-codec.ts'

/** Strings with any code units, lone surrogates among them. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7f0, max: 0xe010 })))
  .map((units) => String.fromCharCode(...units))
const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
const years = { min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }

const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    finite,
    anyText,
    fc.array(tie('json'), { maxLength: 5 }),
    fc
      .array(fc.tuple(fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', '7')), tie('json')), {
        maxLength: 5,
      })
      // Parsed, so that `__proto__` is a property of its own.
      .map(
        (entries) =>
          JSON.parse(
            `{${entries.map((entry) => entry.map((part) => JSON.stringify(part)).join(':')).join()}}`,
          ) as unknown,
      ),
  ),
}))

const values: [ValueType, fc.Arbitrary<unknown>][] = [
  ['STRING', fc.oneof(anyText, fc.string({ unit: 'grapheme' }))],
  ['INT', fc.maxSafeInteger().filter((value) => !Object.is(value, -0))],
  ['FLOAT', finite],
  ['BOOLEAN', fc.boolean()],
  ['BIGINT', fc.bigInt()],
  ['ENUM', fc.stringMatching(/^[_A-Za-z][_0-9A-Za-z]{0,80}$/)],
  ['DATE', fc.date(years).map((date) => date.toISOString().slice(0, 10))],
  ['DATE_TIME', fc.date({ noInvalidDate: true })],
  ['JSON', json],
  [{ listOf: 'STRING' }, fc.array(fc.option(anyText))],
  [{ listOf: 'FLOAT' }, fc.array(fc.option(finite))],
  [{ listOf: { listOf: 'BIGINT' } }, fc.array(fc.option(fc.array(fc.option(fc.bigInt()))))],
]

describe.each(values)('%j', (type, arbitrary) => {
  test('decodes to what was encoded, padded or not', () => {
    fc.assert(
      fc.property(arbitrary, fc.constantFrom('BUCKETS' as const, 'NONE' as const), (value, padding) => {
        const decoded = decodeValue(type, encodeValue(type, value, padding))
        expect(decoded).toEqual(value)
        if (type === 'JSON') expect(JSON.stringify(decoded)).toBe(JSON.stringify(value))
      }),
    )
  })

  test('encodes equal values to equal bytes, without changing them', () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        const copy: unknown = structuredClone(value)
        expect(encodeValue(type, value, 'NONE')).toEqual(encodeValue(type, copy, 'NONE'))
        expect(value).toEqual(copy)
      }),
    )
  })

  test('has one encoding: bytes that decode are the ones the value encodes to', () => {
    const seeds = fc.tuple(arbitrary, fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(seeds, ([value, at, byte]) => {
        const bytes = encodeValue(type, value, 'NONE')
        bytes.writeUInt8(byte, at % bytes.length)
        const decoded = decodeOrFail(type, bytes)
        // An object may have its keys in an order that JavaScript does not keep, such as numbers that are not sorted.
        if (decoded !== undefined && type !== 'JSON') {
          expect(encodeValue(type, decoded.value, 'NONE')).toEqual(bytes)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('ends in an error of one code for bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeOrFail(type, Buffer.from(bytes))
      }),
      { numRuns: 500 },
    )
  })
})

/** Fails the test for any error but the one. */
function decodeOrFail(type: ValueType, bytes: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: decodeValue(type, bytes) }
  } catch (error) {
    expect(error).toMatchObject({ code: 'DECRYPTION_FAILED' })
    return undefined
  }
}
