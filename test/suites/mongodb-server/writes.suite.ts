import { describe, expect } from '@jest/globals'
import { Decimal128, Double, Int32, Long } from 'bson'
import { type Document, MongoClient } from 'mongodb'
import type { SuiteContext } from './server-under-test.ts'

type Case = readonly [string, Document, Document | Document[], Document]

const shared: readonly Case[] = [
  ['$set of a new and an old field', { a: 1 }, { $set: { a: 2, b: 3 } }, { a: 2, b: 3 }],
  [
    '$set of a nested field',
    { a: { b: 1 } },
    { $set: { 'a.c': 2, 'd.e': 3 } },
    { a: { b: 1, c: 2 }, d: { e: 3 } },
  ],
  ['$unset', { a: 1, b: { c: 1, d: 2 } }, { $unset: { a: '', 'b.c': '' } }, { b: { d: 2 } }],
  ['$inc', { n: 1 }, { $inc: { n: 2, m: -1 } }, { n: 3, m: -1 }],
  ['$mul', { n: 3 }, { $mul: { n: 4, m: 5 } }, { n: 12, m: 0 }],
  ['$min and $max', { a: 5, b: 5 }, { $min: { a: 3 }, $max: { b: 9 } }, { a: 3, b: 9 }],
  ['$rename', { a: 1, b: 2 }, { $rename: { a: 'c' } }, { b: 2, c: 1 }],
  ['$push', { a: [1] }, { $push: { a: 2, b: 3 } }, { a: [1, 2], b: [3] }],
  ['$push with $each', { a: [1] }, { $push: { a: { $each: [2, 3] } } }, { a: [1, 2, 3] }],
  ['$addToSet', { a: [1, 2] }, { $addToSet: { a: { $each: [2, 3] } } }, { a: [1, 2, 3] }],
  ['$pull of a value', { a: [1, 2, 1] }, { $pull: { a: 1 } }, { a: [2] }],
  ['$pullAll', { a: [1, 2, 3, 1] }, { $pullAll: { a: [1, 3] } }, { a: [2] }],
  ['$pop', { a: [1, 2, 3] }, { $pop: { a: 1 } }, { a: [1, 2] }],
]

const rarer: readonly Case[] = [
  [
    '$push with $position, $sort and $slice',
    { a: [3, 1], b: [{ n: 2 }] },
    {
      $push: { a: { $each: [2], $sort: 1, $slice: 2 }, b: { $each: [{ n: 1 }], $position: 0 } },
    },
    { a: [1, 2], b: [{ n: 1 }, { n: 2 }] },
  ],
  [
    '$pull by a condition',
    { a: [{ n: 1 }, { n: 5 }], b: [1, 5] },
    { $pull: { a: { n: { $gt: 3 } }, b: { $gte: 5 } } },
    { a: [{ n: 1 }], b: [1] },
  ],
  ['$bit', { a: 0b1100 }, { $bit: { a: { and: new Int32(0b1010) } } }, { a: 0b1000 }],
  ['$unset in an array', { a: [1, 2] }, { $unset: { 'a.0': '' } }, { a: [null, 2] }],
  [
    '$[] for every element',
    { a: [{ n: 1 }, { n: 2 }] },
    { $inc: { 'a.$[].n': 1 } },
    { a: [{ n: 2 }, { n: 3 }] },
  ],
  ['a pipeline', { a: 1, b: 2 }, [{ $set: { c: { $add: ['$a', '$b'] } } }, { $unset: 'a' }], { b: 2, c: 3 }],
]

/** What writes do to documents. */
export function describeWrites({ collection, check, uri }: SuiteContext): void {
  describe('writes', () => {
    const apply = async (before: Document, update: Document | Document[], after: Document): Promise<void> => {
      const c = await collection([{ _id: 1, ...before }])
      const { matchedCount, modifiedCount } = await c.updateOne({ _id: 1 } as Document, update)
      expect({ matchedCount, modifiedCount }).toEqual({ matchedCount: 1, modifiedCount: 1 })
      expect(await c.findOne()).toEqual({ _id: 1, ...after })
    }

    for (const [title, before, update, after] of shared)
      check(`updates by ${title}`, async () => {
        await apply(before, update, after)
      })
    for (const [title, before, update, after] of rarer) {
      check(`updates by ${title}`, () => apply(before, update, after))
    }

    check('reports an update that changes nothing as matched, not modified', async () => {
      const c = await collection([{ _id: 1, a: 1 }])
      expect(await c.updateOne({ _id: 1 } as Document, { $set: { a: 1 } })).toMatchObject({
        matchedCount: 1,
        modifiedCount: 0,
      })
      expect(await c.updateOne({ _id: 2 } as Document, { $set: { a: 1 } })).toMatchObject({
        matchedCount: 0,
        modifiedCount: 0,
      })
    })

    check('updates many, and deletes one or many', async () => {
      const c = await collection([1, 2, 3, 4].map((n) => ({ _id: n, n })))
      expect((await c.updateMany({ n: { $gt: 1 } }, { $inc: { n: 10 } })).modifiedCount).toBe(3)
      expect((await c.deleteOne({ n: { $gt: 10 } })).deletedCount).toBe(1)
      expect((await c.deleteMany({ n: { $gt: 10 } })).deletedCount).toBe(2)
      expect(await c.countDocuments()).toBe(1)
    })

    check('replaces a document and keeps its _id', async () => {
      const c = await collection([{ _id: 1, a: 1 }])
      await c.replaceOne({ _id: 1 } as Document, { b: 2 })
      expect(await c.findOne()).toEqual({ _id: 1, b: 2 })
      await expect(c.replaceOne({ _id: 1 } as Document, { _id: 2, b: 2 })).rejects.toThrow()
      await expect(c.updateOne({ _id: 1 } as Document, { $set: { _id: 3 } })).rejects.toMatchObject({
        code: 66,
      })
    })

    check('upserts with the equalities of the filter and $setOnInsert', async () => {
      const c = await collection()
      const update = { $set: { b: 2 }, $setOnInsert: { c: 3 } }
      const { upsertedId, upsertedCount } = await c.updateOne({ a: 1, n: { $gt: 5 } }, update, {
        upsert: true,
      })
      expect(upsertedCount).toBe(1)
      expect(await c.findOne()).toEqual({ _id: upsertedId, a: 1, b: 2, c: 3 })
      await c.updateOne({ a: 1 }, { $setOnInsert: { c: 9 }, $set: { b: 4 } }, { upsert: true })
      expect(await c.find({}, { projection: { _id: 0 } }).toArray()).toEqual([{ a: 1, b: 4, c: 3 }])
    })

    check('upserts a given _id', async () => {
      const c = await collection()
      await c.updateOne({ _id: 'x' } as Document, { $set: { a: 1 } }, { upsert: true })
      await c.replaceOne({ _id: 'y' } as Document, { b: 1 }, { upsert: true })
      expect(await c.find().sort({ _id: 1 }).toArray()).toEqual([
        { _id: 'x', a: 1 },
        { _id: 'y', b: 1 },
      ])
    })

    check('finds and updates, replaces or deletes, giving the document before or after', async () => {
      const c = await collection([
        { _id: 1, n: 1 },
        { _id: 2, n: 2 },
      ])
      const highest = { sort: { n: -1 } } as const
      expect(await c.findOneAndUpdate({}, { $inc: { n: 10 } }, highest)).toEqual({ _id: 2, n: 2 })
      expect(
        await c.findOneAndUpdate({}, { $inc: { n: 10 } }, { ...highest, returnDocument: 'after' }),
      ).toEqual({ _id: 2, n: 22 })
      expect(
        await c.findOneAndReplace({ _id: 1 } as Document, { m: 1 }, { returnDocument: 'after' }),
      ).toEqual({ _id: 1, m: 1 })
      expect(await c.findOneAndDelete({ _id: 1 } as Document)).toEqual({ _id: 1, m: 1 })
      expect(await c.findOneAndUpdate({ _id: 9 } as Document, { $set: { n: 1 } })).toBeNull()
      const options = { upsert: true, returnDocument: 'after' } as const
      expect(await c.findOneAndUpdate({ _id: 9 } as Document, { $set: { n: 1 } }, options)).toEqual({
        _id: 9,
        n: 1,
      })
    })

    check('finds and updates with a projection', async () => {
      const c = await collection([{ _id: 1, a: 1, b: 2 }])
      const options = { returnDocument: 'after', projection: { a: 1 } } as const
      expect(await c.findOneAndUpdate({}, { $inc: { a: 1 } }, options)).toEqual({ _id: 1, a: 2 })
    })

    check('updates the element that matched by $', async () => {
      const c = await collection([
        {
          _id: 1,
          a: [
            { k: 'x', n: 1 },
            { k: 'y', n: 1 },
          ],
        },
      ])
      await c.updateOne({ 'a.k': 'y' }, { $inc: { 'a.$.n': 5 } })
      await c.updateOne({ a: { $elemMatch: { k: 'x', n: 1 } } }, { $set: { 'a.$.n': 0 } })
      expect(await c.findOne()).toEqual({
        _id: 1,
        a: [
          { k: 'x', n: 0 },
          { k: 'y', n: 6 },
        ],
      })
    })

    check('updates the elements that array filters choose', async () => {
      const c = await collection([{ _id: 1, a: [{ n: 1 }, { n: 5 }, { n: 9 }] }])
      await c.updateOne({}, { $set: { 'a.$[big].n': 0 } }, { arrayFilters: [{ 'big.n': { $gte: 5 } }] })
      expect(await c.findOne()).toEqual({ _id: 1, a: [{ n: 1 }, { n: 0 }, { n: 0 }] })
    })

    check('computes with the types of numbers that MongoDB gives', async () => {
      const c = await collection([
        { _id: 1, int: new Int32(2147483647), long: Long.fromNumber(5), dec: Decimal128.fromString('0.1') },
      ])
      await c.updateOne(
        {},
        { $inc: { int: 1, long: 1, dec: Decimal128.fromString('0.2') }, $mul: { none: new Double(2) } },
      )
      const found = await c.findOne({}, { promoteValues: false })
      expect(found).toMatchObject({
        int: Long.fromString('2147483648'),
        long: Long.fromNumber(6),
        dec: Decimal128.fromString('0.3'),
        none: new Double(0),
      })
      await c.updateOne({}, { $set: { long: Long.MAX_VALUE } })
      await expect(c.updateOne({}, { $inc: { long: 1 } })).rejects.toThrow()
    })

    const refusals = [
      ['an operator on the wrong type', { $inc: { s: 1 } }],
      ['an unknown operator', { $nope: { a: 1 } }],
      ['two operators on one path', { $set: { a: 1 }, $inc: { a: 1 } }],
      ['a field below a scalar', { $set: { 's.x': 1 } }],
      ['$push to a scalar', { $push: { s: 1 } }],
    ] as const
    for (const [title, update] of refusals)
      check(`refuses ${title} and changes nothing`, async () => {
        const c = await collection([{ _id: 1, s: 'text' }])
        await expect(c.updateOne({}, update as Document)).rejects.toThrow()
        expect(await c.findOne()).toEqual({ _id: 1, s: 'text' })
      })

    check('inserts in order up to the first error, or around errors when unordered', async () => {
      const documents = [{ _id: 1 }, { _id: 1 }, { _id: 2 }] as Document[]
      const ordered = await collection()
      await expect(ordered.insertMany(documents)).rejects.toMatchObject({
        code: 11000,
        result: { insertedCount: 1 },
      })
      expect(await ordered.countDocuments()).toBe(1)
      const unordered = await collection()
      await expect(unordered.insertMany(documents, { ordered: false })).rejects.toMatchObject({
        code: 11000,
        writeErrors: [expect.objectContaining({ index: 1 })],
      })
      expect(await unordered.countDocuments()).toBe(2)
    })

    check('writes in bulk', async () => {
      const c = await collection([{ _id: 1, n: 1 }])
      const result = await c.bulkWrite([
        { insertOne: { document: { _id: 2, n: 2 } as Document } },
        { updateOne: { filter: { _id: 1 } as Document, update: { $set: { n: 5 } } } },
        { updateMany: { filter: {}, update: { $inc: { n: 1 } } } },
        { replaceOne: { filter: { _id: 2 } as Document, replacement: { m: 1 } } },
        { deleteOne: { filter: { n: 6 } } },
      ])
      expect(result).toMatchObject({ insertedCount: 1, matchedCount: 4, modifiedCount: 4, deletedCount: 1 })
      expect(await c.find().toArray()).toEqual([{ _id: 2, m: 1 }])
    })

    check('lets concurrent updates of one document all take effect', async () => {
      const c = await collection([{ _id: 1, n: 0 }])
      await Promise.all(
        Array.from({ length: 60 }, () => c.updateOne({ _id: 1 } as Document, { $inc: { n: 1 } })),
      )
      expect(await c.findOne()).toEqual({ _id: 1, n: 60 })
    })

    check('lets only one of many conditional updates win', async () => {
      const c = await collection([{ _id: 1, revision: 0 }])
      const winners: number[] = []
      for (let revision = 0; revision < 20; revision++) {
        const attempts = Array.from({ length: 20 }, () =>
          c.updateOne({ _id: 1, revision } as Document, { $inc: { revision: 1 } }),
        )
        const results = await Promise.all(attempts)
        winners.push(results.filter(({ modifiedCount }) => modifiedCount === 1).length)
      }
      expect(winners).toEqual(winners.map(() => 1))
    })

    check('takes unacknowledged writes', async () => {
      const c = await collection()
      // A server that answers nevertheless would spoil the connections of other tests.
      const own = await MongoClient.connect(uri())
      try {
        const same = own.db(c.dbName).collection(c.collectionName)
        await same.insertOne({ _id: 1 } as Document, { writeConcern: { w: 0 } })
        for (let tries = 0; tries < 200 && (await same.countDocuments()) === 0; tries++);
        expect(await same.countDocuments()).toBe(1)
      } finally {
        await own.close()
      }
    })
  })
}
