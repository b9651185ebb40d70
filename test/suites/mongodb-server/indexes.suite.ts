import { describe, expect } from '@jest/globals'
import { Binary } from 'bson'
import type { Collection, Document, Filter } from 'mongodb'
import type { SuiteContext } from './server-under-test.ts'

interface PlanStage {
  readonly stage: string
  readonly indexName?: string
  readonly inputStage?: PlanStage
}

/** The stages of the chosen plan, outermost first. */
async function stagesOf(c: Collection, filter: Filter<Document>, sort: Document = {}): Promise<string[]> {
  const explained = await c.find(filter).sort(sort).explain('queryPlanner')
  const stages: string[] = []
  let stage = (explained.queryPlanner as { winningPlan: PlanStage }).winningPlan as PlanStage | undefined
  for (; stage !== undefined; stage = stage.inputStage) stages.push(stage.indexName ?? stage.stage)
  return stages
}

/** Unique, sparse, compound and multikey indexes, and what is seen of them. */
export function describeIndexes({ collection, db, check }: SuiteContext): void {
  describe('indexes', () => {
    check('creates, lists and drops indexes', async () => {
      const c = await collection([{ a: 1 }])
      expect(await c.createIndexes([{ key: { a: 1, b: -1 } }])).toEqual(['a_1_b_-1'])
      await c.createIndexes([{ key: { c: 1 }, unique: true, sparse: true, name: 'mine' }])
      const indexes = await c.indexes()
      expect(indexes.map(({ name }) => name).sort()).toEqual(['_id_', 'a_1_b_-1', 'mine'])
      expect(indexes.find(({ name }) => name === 'mine')).toMatchObject({ key: { c: 1 }, unique: true })
      await c.dropIndex('mine')
      expect(await c.indexExists('mine')).toBe(false)
    })

    check('refuses a second document of a unique value, and says which', async () => {
      const c = await collection()
      await c.createIndexes([{ key: { email: 1 }, unique: true }])
      await c.insertOne({ email: 'a@x' })
      await expect(c.insertOne({ email: 'a@x' })).rejects.toMatchObject({ code: 11000, message: /E11000/ })
      await c.insertOne({ email: 'b@x' })
      await expect(c.updateOne({ email: 'b@x' }, { $set: { email: 'a@x' } })).rejects.toMatchObject({
        code: 11000,
      })
      expect(await c.countDocuments({ email: 'b@x' })).toBe(1)
      await c.updateOne({ email: 'a@x' }, { $set: { email: 'c@x' } })
      await c.insertOne({ email: 'a@x' })
    })

    check('gives the key pattern and values of a duplicate', async () => {
      const c = await collection()
      await c.createIndexes([{ key: { a: 1, b: 1 }, unique: true }])
      await c.insertOne({ a: 1, b: 'x' })
      await expect(c.insertOne({ a: 1, b: 'x' })).rejects.toMatchObject({
        keyPattern: { a: 1, b: 1 },
        keyValue: { a: 1, b: 'x' },
      })
    })

    check('does not build a unique index over duplicates', async () => {
      const c = await collection([{ a: 1 }, { a: 1 }])
      await expect(c.createIndexes([{ key: { a: 1 }, unique: true }])).rejects.toMatchObject({ code: 11000 })
      expect(await c.indexExists('a_1')).toBe(false)
    })

    check('holds binary values to be unique, within embedded documents too', async () => {
      const c = await collection()
      await c.createIndexes([{ key: { 'p.t0': 1 }, unique: true, sparse: true }])
      const term = (byte: number): Binary => new Binary(Buffer.alloc(32, byte), 0x80)
      await c.insertMany([{ p: { t0: term(1) } }, { p: { t0: term(2) } }, { p: {} }, {}])
      await expect(c.insertOne({ p: { t0: term(1) } })).rejects.toMatchObject({ code: 11000 })
      expect(await c.countDocuments({ 'p.t0': term(2) })).toBe(1)
    })

    check('takes any number of missing values in a sparse unique index, but one in another', async () => {
      const c = await collection()
      await c.createIndexes([{ key: { a: 1 }, unique: true, sparse: true }])
      await c.insertMany([{}, {}])
      await c.createIndexes([{ key: { b: 1 }, unique: true }]).then(
        () => {
          throw new Error('built over two missing values')
        },
        (error: unknown) => {
          expect(error).toMatchObject({ code: 11000 })
        },
      )
    })

    check('takes an array apart for a unique index', async () => {
      const c = await collection()
      await c.createIndexes([{ key: { 'cards.term': 1 }, unique: true, sparse: true }])
      await c.insertOne({ cards: [{ term: 'a' }, { term: 'b' }, { term: 'a' }] })
      await expect(c.insertOne({ cards: [{ term: 'b' }] })).rejects.toMatchObject({ code: 11000 })
      await c.updateOne({}, { $set: { cards: [{ term: 'a' }] } })
      await c.insertOne({ cards: [{ term: 'b' }] })
    })

    check('finds the same with an index as without, through every change', async () => {
      const c = await collection(
        Array.from({ length: 40 }, (_, i) => ({ _id: i, a: i % 7, b: [i % 3, i % 5] })),
      )
      const filters: Filter<Document>[] = [
        { a: 3 },
        { a: { $gte: 2, $lt: 5 } },
        { a: { $in: [0, 6, 9] } },
        { b: 4 },
        { b: { $gt: 1, $lt: 3 } },
        { a: 2, b: { $lte: 1 } },
        { $or: [{ a: 1 }, { b: 4 }] },
      ]
      const look = (): Promise<Document[][]> =>
        Promise.all(filters.map((filter) => c.find(filter).sort({ _id: 1 }).toArray()))
      const change = async (): Promise<void> => {
        await c.updateMany({ a: 3 }, { $set: { a: 4, b: [] } })
        await c.deleteMany({ a: 0 })
        await c.insertOne({ _id: 100, a: 3, b: 4 } as Document)
      }
      const before = await look()
      await c.createIndexes([{ key: { a: 1 } }, { key: { b: -1 } }, { key: { a: -1, b: 1 } }])
      expect(await look()).toEqual(before)
      await change()
      const changed = await look()
      await c.dropIndexes()
      expect(await look()).toEqual(changed)
    })

    check('uses an index for equality, ranges, sorts and alternatives', async () => {
      const c = await collection(Array.from({ length: 30 }, (_, i) => ({ _id: i, a: i, b: -i, c: 'x' })))
      await c.createIndexes([{ key: { a: 1 } }, { key: { b: 1 } }])
      expect(await stagesOf(c, { a: 5 })).toContain('a_1')
      expect(await stagesOf(c, { a: { $gt: 5 } }, { a: -1 })).toEqual(['FETCH', 'a_1'])
      expect(await stagesOf(c, {}, { b: 1 })).toEqual(['FETCH', 'b_1'])
      expect(await stagesOf(c, { c: 'x' })).toEqual(['COLLSCAN'])
      expect(await stagesOf(c, { c: 'x' }, { c: 1 })).toEqual(['SORT', 'COLLSCAN'])
    })

    check('holds a partial unique index only for the documents it covers', async () => {
      const c = await collection()
      await c.createIndexes([{ key: { a: 1 }, unique: true, partialFilterExpression: { live: true } }])
      await c.insertMany([{ a: 1, live: true }, { a: 1 }, { a: 1 }])
      await expect(c.insertOne({ a: 1, live: true })).rejects.toMatchObject({ code: 11000 })
      await expect(c.updateMany({ a: 1 }, { $set: { live: true } })).rejects.toMatchObject({ code: 11000 })
      expect(await c.countDocuments({ a: 1 })).toBe(3)
    })

    check('creates, lists and drops collections', async () => {
      const c = await collection([{ a: 1 }])
      const names = async (): Promise<string[]> =>
        (await db().listCollections().toArray()).map(({ name }) => name)
      expect(await names()).toContain(c.collectionName)
      await c.drop()
      expect(await names()).not.toContain(c.collectionName)
      await c.insertOne({ a: 2 })
      expect(await c.countDocuments()).toBe(1)
    })
  })
}
