import { describe, expect, it } from '@jest/globals'
import {
  Binary,
  BSONRegExp,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'bson'
import fc from 'fast-check'
import { decodeDocument, encodeDocument } from '../../../src/embedded-mongodb/bson/document.ts'
import { pickFields } from '../../../src/embedded-mongodb/bson/encoded-fields.ts'
import { compileProjection, keptFields } from '../../../src/embedded-mongodb/query/projection.ts'

const everyType = {
  _id: new ObjectId(),
  double: new Double(1.5),
  string: 'a\u0000b',
  object: { x: [1, { y: 'z' }] },
  array: ['a', null],
  binary: new Binary(Buffer.from('bytes'), 0x80),
  oldBinary: new Binary(Buffer.from('bytes'), 2),
  true: true,
  date: new Date(0),
  null: null,
  regex: new BSONRegExp('a.*', 'i'),
  reference: new DBRef('other', new ObjectId()),
  code: new Code('f()'),
  scoped: new Code('f()', { x: 1 }),
  int: new Int32(7),
  timestamp: new Timestamp({ t: 1, i: 2 }),
  long: Long.fromNumber(9),
  decimal: Decimal128.fromString('1.1'),
  min: new MinKey(),
  max: new MaxKey(),
  'naïve ключ': 'é',
  '': 'nameless',
}

describe('fields picked from an encoded document', () => {
  it('are those that a decoded one would keep, of every type and in any number', () => {
    const bytes = encodeDocument(everyType)
    const names = Object.keys(everyType)
    fc.assert(
      fc.property(fc.subarray(names), (chosen) => {
        const expected = Object.fromEntries(
          Object.entries(decodeDocument(bytes)).filter(([name]) => chosen.includes(name)),
        )
        expect(pickFields(bytes, new Set(chosen))).toEqual(encodeDocument(expected))
      }),
    )
  })

  it('are what the projection keeps, wherever a projection is one of whole fields', () => {
    const keep = fc.constantFrom<unknown>(true, 1, new Int32(1), new Double(0.5))
    const projection = fc
      .tuple(fc.subarray(Object.keys(everyType).slice(1, -1), { minLength: 1 }), keep, fc.boolean())
      .map(([names, value, id]) => ({
        ...Object.fromEntries(names.map((name) => [name, value])),
        ...(id ? {} : { _id: false }),
      }))
    const bytes = encodeDocument(everyType)
    fc.assert(
      fc.property(projection, (wanted) => {
        const kept = keptFields(wanted)
        const projected = compileProjection(wanted)?.(decodeDocument(bytes))
        expect(kept).toBeDefined()
        expect(pickFields(bytes, kept ?? new Set())).toEqual(encodeDocument(projected ?? {}))
      }),
    )
  })

  it.each([
    { 'a.b': 1 },
    { a: 0 },
    { a: { $slice: 1 } },
    { a: '$b' },
    { a: { b: 1 } },
    { _id: 0 },
    { _id: 1 },
    { 'a.$': 1 },
    {},
    undefined,
  ])('are not the way of the projection %j', (projection) => {
    expect(keptFields(projection)).toBeUndefined()
  })
})
