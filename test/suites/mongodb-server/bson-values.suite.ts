import { describe, expect } from '@jest/globals'
import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'bson'
import type { SuiteContext } from './server-under-test.ts'

const shared: readonly (readonly [string, unknown])[] = [
  ['an int', new Int32(-7)],
  ['a whole double', new Double(5)],
  ['a fraction', new Double(0.1)],
  ['a long', Long.fromString('9007199254740993')],
  ['text beyond ASCII', 'naïve 🙂 日本語'],
  ['empty text', ''],
  ['a binary of a user-defined subtype', new Binary(Buffer.from([1, 2, 3, 255]), 0x80)],
  ['an empty binary', new Binary(Buffer.alloc(0), 0)],
  ['an object id', new ObjectId('0123456789abcdef01234567')],
  ['a date', new Date(1234567890123)],
  ['a date before 1970', new Date(-62135596800000)],
  ['null', null],
  ['a boolean', true],
  ['a timestamp', new Timestamp({ t: 5, i: 9 })],
  ['an embedded document', { a: new Int32(1), b: { c: null } }],
  ['an array', [new Int32(1), 'two', null]],
]

const rarer: readonly (readonly [string, unknown])[] = [
  ['a decimal', Decimal128.fromString('1234567890.123456789012345678901234')],
  ['an array in an array', [[new Int32(1)]]],
  ['NaN', new Double(NaN)],
  ['minus infinity', new Double(-Infinity)],
  ['negative zero', new Double(-0)],
  ['a regular expression', new BSONRegExp('^a.b', 'im')],
  ['code', new Code('return 1')],
  ['MinKey', new MinKey()],
  ['MaxKey', new MaxKey()],
  ['a field called __proto__', JSON.parse('{"__proto__": {"x": "y"}, "constructor": "z"}') as unknown],
]

/** Values come back as they went in, with their types. */
export function describeBsonValues({ collection, check }: SuiteContext): void {
  describe('BSON values', () => {
    const roundTrip = async (value: unknown): Promise<void> => {
      const c = await collection()
      await c.insertOne({ _id: new ObjectId(), v: value })
      const found = await c.findOne({}, { promoteValues: false, promoteLongs: false, bsonRegExp: true })
      expect(found?.v).toEqual(value)
      await c.updateOne({}, { $set: { w: value } })
      const updated = await c.findOne({}, { promoteValues: false, promoteLongs: false, bsonRegExp: true })
      expect(updated?.v).toEqual(value)
      expect(updated?.w).toEqual(value)
    }

    for (const [title, value] of shared)
      check(`keeps ${title} exactly, through an update too`, async () => {
        await roundTrip(value)
      })

    for (const [title, value] of rarer) {
      check(`keeps ${title} exactly, through an update too`, () => roundTrip(value))
    }

    check('compares longs and decimals without rounding', async () => {
      const longs = ['9007199254740992', '9007199254740993', '9007199254740994'].map((text) =>
        Long.fromString(text),
      )
      const c = await collection(longs.map((v, i) => ({ _id: i, v })))
      await c.createIndexes([{ key: { v: 1 } }])
      expect(await c.countDocuments({ v: Long.fromString('9007199254740993') })).toBe(1)
      expect(await c.countDocuments({ v: { $gt: Decimal128.fromString('9007199254740992.5') } })).toBe(2)
      expect(await c.countDocuments({ v: 9007199254740992 })).toBe(1)
    })

    check('tells null from missing where asked to', async () => {
      const c = await collection([{ _id: 1, v: null }, { _id: 2 }])
      const missing = await c.find({ v: { $exists: false } }).toArray()
      expect(missing.map(({ _id }) => _id as unknown)).toEqual([2])
      const isNull = await c.find({ v: { $type: 'null' } }).toArray()
      expect(isNull.map(({ _id }) => _id as unknown)).toEqual([1])
    })

    check('takes any value but an array as an _id', async () => {
      const c = await collection()
      const ids = [1, 'a', new ObjectId(), new Date(5), { a: 1 }, new Binary(Buffer.from('b'))]
      for (const _id of ids) await c.insertOne({ _id } as never)
      expect(await c.countDocuments()).toBe(ids.length)
      for (const _id of ids) expect(await c.countDocuments({ _id } as never)).toBe(1)
      await expect(c.insertOne({ _id: [1] } as never)).rejects.toThrow()
    })

    check('holds numbers of different types to be the same _id', async () => {
      const c = await collection([{ _id: new Int32(1) }])
      await expect(c.insertOne({ _id: new Double(1) } as never)).rejects.toMatchObject({ code: 11000 })
    })
  })
}
