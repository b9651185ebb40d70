import { describe, expect, test } from '@jest/globals'

import { decodeValue, encodeValue, type ValueType } from '../../../src/crypto/value-codec.ts'

function roundTrip(type: ValueType, value: unknown): unknown {
  return decodeValue(type, encodeValue(type, value, 'BUCKETS'))
}

const undecodable = expect.objectContaining({ code: 'DECRYPTION_FAILED' })
const unfit = expect.objectContaining({ code: 'BAD_USER_INPUT' })

describe('values come back as they were', () => {
  test.each<[ValueType, string, unknown]>([
    ['STRING', 'the empty string', ''],
    ['STRING', 'a byte order mark', '\ufeffx'],
    ['STRING', 'a NUL', 'a\u0000'],
    ['STRING', 'a high surrogate alone', '\ud800'],
    ['STRING', 'a low surrogate alone', 'x\udc00y'],
    ['STRING', 'surrogates in the wrong order', '\udc00\ud800'],
    ['STRING', 'an emoji', '👩‍👩‍👧'],
    ['STRING', 'a million characters', 'ñ'.repeat(1_000_000)],
    ['INT', 'zero', 0],
    ['INT', 'the smallest safe integer', Number.MIN_SAFE_INTEGER],
    ['FLOAT', 'minus zero', -0],
    ['FLOAT', '2^53', 2 ** 53],
    ['FLOAT', 'the smallest number', Number.MIN_VALUE],
    ['FLOAT', 'the largest number', Number.MAX_VALUE],
    ['BOOLEAN', 'true', true],
    ['BOOLEAN', 'false', false],
    ['BIGINT', 'zero', 0n],
    ['BIGINT', '2^53 + 1', 2n ** 53n + 1n],
    ['BIGINT', 'a large negative number', -(10n ** 999n)],
    ['ENUM', 'a name', 'CHECKING_2'],
    ['DATE', 'a day before 1970', '1899-12-31'],
    ['DATE_TIME', 'the epoch', new Date(0)],
    ['DATE_TIME', 'a time before 1970', new Date(Date.UTC(1815, 11, 10, 1, 2, 3, 4))],
    ['DATE_TIME', 'the last time', new Date(8.64e15)],
    [{ listOf: 'STRING' }, 'a list without items', []],
    [{ listOf: 'STRING' }, 'a list with nulls', [null, '', null]],
    [{ listOf: { listOf: 'INT' } }, 'a list of lists', [[1, null], null, []]],
    ['JSON', 'null', null],
    ['JSON', 'a nested array', [[], [[null]], 'x', -0, 1.5, false]],
  ])('%s: %s', (type, _name, value) => {
    expect(roundTrip(type, value)).toEqual(value)
  })

  test('JSON keeps the order of keys, and has no prototype to pollute', () => {
    const text = '{"b":1,"a":{"__proto__":{"polluted":true},"constructor":"x","\\ud800":0},"toString":null}'
    const decoded = roundTrip('JSON', JSON.parse(text))
    expect(JSON.stringify(decoded)).toBe(text)
    expect(Object.getPrototypeOf(decoded)).toBeNull()
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('JSON takes objects without prototype', () => {
    const value: unknown = Object.assign(Object.create(null), { a: 1 })
    expect(roundTrip('JSON', value)).toEqual({ a: 1 })
  })

  test('JSON is as deep as 64 and no deeper', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
    expect(roundTrip('JSON', nested(64))).toEqual(nested(64))
    expect(() => encodeValue('JSON', nested(65), 'NONE')).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })

  test('an object that contains itself is too deep', () => {
    const value: Record<string, unknown> = {}
    value.self = value
    expect(() => encodeValue('JSON', value, 'NONE')).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })
})

describe('values of another type are refused', () => {
  test.each<[ValueType, string, unknown]>([
    ['STRING', 'a number', 1],
    ['STRING', 'null', null],
    ['STRING', 'a String object', Object('x')],
    ['INT', 'a fraction', 1.5],
    ['INT', '2^53', 2 ** 53],
    ['INT', 'a bigint', 1n],
    ['FLOAT', 'NaN', NaN],
    ['FLOAT', 'infinity', -Infinity],
    ['FLOAT', 'a numeral', '1'],
    ['BOOLEAN', 'a number', 1],
    ['BIGINT', 'a number', 1],
    ['BIGINT', 'more than 1,000 digits', 10n ** 1000n],
    ['ENUM', 'text that is no name', 'not a name'],
    ['DATE', 'a Date', new Date(0)],
    ['DATE', 'a time', '2020-01-01T00:00:00Z'],
    ['DATE', 'a day and more', '2020-01-01\n'],
    ['DATE_TIME', 'an invalid Date', new Date(NaN)],
    ['DATE_TIME', 'a string', '2020-01-01T00:00:00Z'],
    [{ listOf: 'INT' }, 'no list', 1],
    [{ listOf: 'INT' }, 'an item of another type', [1, 'x']],
    [{ listOf: 'INT' }, 'a hole', [1, , 3]],
    ['JSON', 'undefined inside', { a: undefined }],
    ['JSON', 'a Date inside', [new Date(0)]],
    ['JSON', 'a bigint inside', { a: 1n }],
    ['JSON', 'NaN inside', [NaN]],
    ['JSON', 'a function', () => 1],
  ])('%s: %s', (type, _name, value) => {
    expect(() => encodeValue(type, value, 'BUCKETS')).toThrow(unfit)
  })

  test('a value beyond the stated limit is refused', () => {
    expect(() => encodeValue('STRING', 'x'.repeat(8 * 1024 * 1024), 'NONE')).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    )
  })
})

describe('bytes that no value encodes to are refused', () => {
  const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')

  test.each<[ValueType, string, string]>([
    ['STRING', 'nothing', ''],
    ['STRING', 'a header cut short', '01 000000'],
    ['STRING', 'a body cut short', '01 00000002 61'],
    ['STRING', 'a length that overflows', '01 ffffffff 61'],
    ['STRING', 'a byte after the value', '01 00000001 61 0001'],
    ['STRING', 'malformed UTF-8', '01 00000001 ff'],
    ['STRING', 'UTF-16 of odd length', '02 00000003 00d800'],
    ['STRING', 'UTF-16 of text that UTF-8 could hold', '02 00000002 6100'],
    ['STRING', 'the tag of an enum', '07 00000001 61'],
    ['STRING', 'an unknown tag', '0d 00000001 61'],
    ['ENUM', 'the tag of a string', '01 00000001 61'],
    ['INT', 'seven bytes', '03 00000007 00000000000001'],
    ['INT', 'an unsafe integer', '03 00000008 0020000000000000'],
    ['FLOAT', 'NaN', '04 00000008 7ff8000000000000'],
    ['FLOAT', 'the tag of an integer', '03 00000008 0000000000000001'],
    ['BOOLEAN', 'two', '05 00000001 02'],
    ['BIGINT', 'a leading zero', '06 00000002 3031'],
    ['BIGINT', 'minus zero', '06 00000002 2d30'],
    ['BIGINT', 'hexadecimal digits', '06 00000003 307861'],
    ['DATE', 'no day', '08 00000001 30'],
    ['DATE_TIME', 'a time out of range', '09 00000008 7fffffffffffffff'],
    [{ listOf: 'BOOLEAN' }, 'a count too high', '0b 0000000a 00000002 0500000001 01'],
    [{ listOf: 'BOOLEAN' }, 'a count too low', '0b 0000000a 00000000 0500000001 01'],
    [{ listOf: 'BOOLEAN' }, 'no count', '0b 00000000'],
    [{ listOf: 'BOOLEAN' }, 'an item beyond the list', '0b 00000009 00000001 0500000001 01'],
    [{ listOf: 'BOOLEAN' }, 'a null with a body', '0b 0000000a 00000001 0000000001 01'],
    [{ listOf: 'BOOLEAN' }, 'no list', '05 00000001 01'],
    ['JSON', 'bytes after its item', '0a 00000006 0000000000 00'],
    ['JSON', 'an integer', '0a 0000000d 0300000008 0000000000000001'],
    ['JSON', 'a null with a body', '0a 00000006 0000000001 00'],
    [
      'JSON',
      'a key twice',
      '0a 0000001f 0c0000001a 00000002 0100000001 61 0000000000 0100000001 61 0000000000',
    ],
    ['JSON', 'a key that is no string', '0a 00000013 0c0000000e 00000001 0000000000 0000000000'],
    ['JSON', 'a key without value', '0a 0000000f 0c0000000a 00000001 0100000001 61'],
  ])('%s: %s', (type, _name, hex) => {
    expect(() => decodeValue(type, bytes(hex))).toThrow(undecodable)
  })

  test('JSON deeper than 64 is refused', () => {
    let item = bytes('0000000000')
    for (let depth = 0; depth < 66; depth += 1) {
      const header = Buffer.alloc(9)
      header.writeUInt8(0x0b)
      header.writeUInt32BE(item.length + 4, 1)
      header.writeUInt32BE(1, 5)
      item = Buffer.concat([header, item])
    }
    const header = Buffer.alloc(5)
    header.writeUInt8(0x0a)
    header.writeUInt32BE(item.length, 1)
    expect(() => decodeValue('JSON', Buffer.concat([header, item]))).toThrow(undecodable)
  })
})
