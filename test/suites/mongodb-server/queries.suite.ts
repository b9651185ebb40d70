import { describe, expect } from '@jest/globals'
import { Binary, Decimal128, Long, ObjectId } from 'bson'
import type { Document, Filter } from 'mongodb'
import type { SuiteContext } from './server-under-test.ts'

const people = [
  { _id: 1, name: 'Ada', age: 36, tags: ['math', 'code'], address: { city: 'London', zip: null } },
  { _id: 2, name: 'Bob', age: 17, tags: [], address: { city: 'Paris' } },
  {
    _id: 3,
    name: 'Cid',
    age: 36.5,
    tags: ['code'],
    scores: [
      { k: 'a', v: 1 },
      { k: 'b', v: 9 },
    ],
  },
  { _id: 4, name: 'dee', age: null, scores: [{ k: 'a', v: 9 }] },
  { _id: 5, name: 'Éva', tags: ['other'], address: 'none' },
]

const answers: readonly (readonly [string, Filter<Document>, readonly number[]])[] = [
  ['everything by an empty filter', {}, [1, 2, 3, 4, 5]],
  ['equality', { name: 'Bob' }, [2]],
  ['equality across number types', { age: Long.fromNumber(36) }, [1]],
  ['null as null or missing', { age: null }, [4, 5]],
  ['a nested field', { 'address.city': 'Paris' }, [2]],
  ['null in a nested field', { 'address.zip': null }, [1, 2, 3, 4, 5]],
  ['a whole embedded document', { address: { city: 'Paris' } }, [2]],
  ['a range', { age: { $gte: 17, $lt: 36.5 } }, [1, 2]],
  ['a range within one type only', { age: { $gt: 'a' } }, []],
  ['$in', { name: { $in: ['Ada', 'Cid', 'none'] } }, [1, 3]],
  ['$in with null', { age: { $in: [null, 17] } }, [2, 4, 5]],
  ['$nin', { name: { $nin: ['Ada', 'Cid'] } }, [2, 4, 5]],
  ['$ne', { age: { $ne: 36 } }, [2, 3, 4, 5]],
  ['an element of an array', { tags: 'code' }, [1, 3]],
  ['a whole array', { tags: ['code'] }, [3]],
  ['an empty array', { tags: [] }, [2]],
  ['$ne on an array', { tags: { $ne: 'code' } }, [2, 4, 5]],
  ['$all', { tags: { $all: ['code', 'math'] } }, [1]],
  ['$size', { tags: { $size: 1 } }, [3, 5]],
  ['$exists', { tags: { $exists: true } }, [1, 2, 3, 5]],
  ['$exists false', { scores: { $exists: false } }, [1, 2, 5]],
  ['$elemMatch', { scores: { $elemMatch: { k: 'a', v: { $gt: 5 } } } }, [4]],
  ['conditions met by different elements', { 'scores.k': 'a', 'scores.v': 9 }, [3, 4]],
  ['a position in an array', { 'scores.0.v': 9 }, [4]],
  ['$and, $or, $nor', { $and: [{ $or: [{ age: 17 }, { name: 'Ada' }] }, { $nor: [{ name: 'Ada' }] }] }, [2]],
  ['$not', { age: { $not: { $gt: 20 } } }, [2, 4, 5]],
  ['a regular expression', { name: /^[A-C]/ }, [1, 2, 3]],
  ['a prefix expression', { name: /^Ci/ }, [3]],
  ['$regex with options', { name: { $regex: '^D', $options: 'i' } }, [4]],
  ['$mod', { age: { $mod: [2, 1] } }, [2]],
  ['$type by name', { age: { $type: 'null' } }, [4]],
]

/** What `find` finds, and in which order. */
export function describeQueries({ collection, check }: SuiteContext): void {
  describe('queries', () => {
    for (const [title, filter, ids] of answers)
      check(`finds ${title}`, async () => {
        const found = await (await collection(people)).find(filter).sort({ _id: 1 }).toArray()
        expect(found.map(({ _id }) => _id as unknown)).toEqual(ids)
      })

    for (const [title, filter, ids] of answers)
      check(`counts ${title}`, async () => {
        expect(await (await collection(people)).countDocuments(filter)).toBe(ids.length)
      })

    check('sorts, skips and limits', async () => {
      const c = await collection(people)
      const found = await c.find().sort({ name: -1 }).skip(1).limit(2).toArray()
      expect(found.map(({ name }) => name as unknown)).toEqual(['dee', 'Cid'])
    })

    check('sorts by several fields', async () => {
      const c = await collection([
        { _id: 1, a: 1, b: 1 },
        { _id: 2, a: 2, b: 1 },
        { _id: 3, a: 1, b: 2 },
      ])
      const found = await c.find().sort({ a: 1, b: -1 }).toArray()
      expect(found.map(({ _id }) => _id as unknown)).toEqual([3, 1, 2])
    })

    check('sorts values of different types in the order of BSON types', async () => {
      const values = [
        new Date(0),
        true,
        new ObjectId(),
        new Binary(Buffer.from('x')),
        { a: 1 },
        'text',
        5,
        null,
      ]
      const c = await collection(values.map((v, i) => ({ _id: i, v })))
      const found = await c.find().sort({ v: 1 }).toArray()
      expect(found.map(({ _id }) => _id as unknown)).toEqual([7, 6, 5, 4, 3, 2, 1, 0])
    })

    check('sorts by the lowest or the highest element of an array', async () => {
      const c = await collection([
        { _id: 1, v: [5, 1] },
        { _id: 2, v: [2, 3] },
        { _id: 3, v: 4 },
      ])
      const ids = async (v: 1 | -1): Promise<unknown[]> =>
        (await c.find().sort({ v }).toArray()).map(({ _id }) => _id)
      expect(await ids(1)).toEqual([1, 2, 3])
      expect(await ids(-1)).toEqual([1, 3, 2])
    })

    check('pages by _id', async () => {
      const c = await collection(Array.from({ length: 25 }, (_, i) => ({ _id: i })))
      const seen: number[] = []
      for (let after = -1; ;) {
        const page = await c
          .find({ _id: { $gt: after } } as Document)
          .sort({ _id: 1 })
          .limit(10)
          .toArray()
        if (page.length === 0) break
        seen.push(...page.map(({ _id }) => Number(_id)))
        after = seen.at(-1) ?? 0
      }
      expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => i))
    })

    check('gives a long result in batches, and closes cursors', async () => {
      const c = await collection(Array.from({ length: 500 }, (_, i) => ({ _id: i })))
      const ids: unknown[] = []
      for await (const { _id } of c.find().sort({ _id: 1 }).batchSize(7)) ids.push(_id)
      expect(ids).toHaveLength(500)
      const cursor = c.find().batchSize(2)
      await cursor.next()
      await cursor.close()
      expect(cursor.killed).toBe(true)
    })

    check('projects by inclusion and exclusion', async () => {
      const c = await collection([{ _id: 1, a: 1, b: { c: 2, d: 3 }, e: [{ f: 1, g: 2 }] }])
      const project = (projection: Document): Promise<Document | null> => c.findOne({}, { projection })
      expect(await project({ a: 1 })).toEqual({ _id: 1, a: 1 })
      expect(await project({ 'b.c': 1, _id: 0 })).toEqual({ b: { c: 2 } })
      expect(await project({ b: 0, e: 0 })).toEqual({ _id: 1, a: 1 })
      expect(await project({ 'b.d': 0, e: 0 })).toEqual({ _id: 1, a: 1, b: { c: 2 } })
    })

    check('projects into arrays, with $slice, $elemMatch and $', async () => {
      const c = await collection([
        {
          _id: 1,
          e: [
            { f: 1, g: 2 },
            { f: 3, g: 4 },
          ],
          n: [1, 2, 3, 4],
        },
      ])
      const project = (projection: Document, filter: Document = {}): Promise<Document | null> =>
        c.findOne(filter, { projection })
      expect(await project({ 'e.f': 1 })).toEqual({ _id: 1, e: [{ f: 1 }, { f: 3 }] })
      expect(await project({ n: { $slice: -2 }, e: 0 })).toEqual({ _id: 1, n: [3, 4] })
      expect(await project({ e: { $elemMatch: { f: 3 } } })).toEqual({ _id: 1, e: [{ f: 3, g: 4 }] })
      expect(await project({ 'e.$': 1 }, { 'e.f': 3 })).toEqual({ _id: 1, e: [{ f: 3, g: 4 }] })
    })

    check('lists distinct values', async () => {
      const c = await collection(people)
      expect((await c.distinct('age', { age: { $ne: null } })).sort()).toEqual([17, 36, 36.5])
      expect((await c.distinct('scores.k')).sort()).toEqual(['a', 'b'])
    })

    check('knows the types of binary values, object ids and numbers', async () => {
      const c = await collection([
        { _id: 1, v: new Binary(Buffer.from('x'), 0x80) },
        { _id: 2, v: new ObjectId() },
        { _id: 3, v: Long.fromNumber(3) },
        { _id: 4, v: Decimal128.fromString('4.5') },
        { _id: 5, v: 5 },
      ])
      const ids = async ($type: string): Promise<unknown[]> =>
        (
          await c
            .find({ v: { $type } } as Filter<Document>)
            .sort({ _id: 1 })
            .toArray()
        ).map(({ _id }) => _id)
      expect(await ids('binData')).toEqual([1])
      expect(await ids('objectId')).toEqual([2])
      expect(await ids('long')).toEqual([3])
      expect(await ids('decimal')).toEqual([4])
      expect(await ids('number')).toEqual([3, 4, 5])
    })

    check('compares two fields by $expr', async () => {
      const c = await collection([
        { _id: 1, a: 1, b: 2 },
        { _id: 2, a: 3, b: 2 },
      ])
      expect(await c.find({ $expr: { $gt: ['$a', '$b'] } }).toArray()).toEqual([{ _id: 2, a: 3, b: 2 }])
    })

    check('tests bits', async () => {
      const c = await collection([
        { _id: 1, v: 0b1010 },
        { _id: 2, v: 0b0110 },
      ])
      const found = await c.find({ v: { $bitsAllSet: 0b1010 } }).toArray()
      expect(found.map(({ _id }) => _id as unknown)).toEqual([1])
    })

    const refusals = [
      ['an unknown operator', { a: { $nope: 1 } }],
      ['an unknown top-level operator', { $nope: [] }],
      ['$or without an array', { $or: {} }],
      ['$in without an array', { a: { $in: 1 } }],
    ] as const
    for (const [title, filter] of refusals)
      check(`refuses ${title}`, async () => {
        const c = await collection([{ a: 1 }])
        await expect(c.find(filter as Filter<Document>).toArray()).rejects.toThrow()
      })
  })
}
