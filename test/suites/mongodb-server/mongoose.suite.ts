import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import mongoose, { type Connection, Schema } from 'mongoose'
import type { SuiteContext } from './server-under-test.ts'

interface Person {
  readonly name: string
  readonly email: string
  readonly visits: number
  readonly secret?: Buffer
  cards: { number: string }[]
}

function createModel(connection: Connection, collection: string) {
  const schema = new Schema<Person>(
    {
      name: String,
      email: String,
      visits: Number,
      secret: Buffer,
      cards: [{ number: String }],
    },
    { collection, timestamps: true, strict: 'throw' },
  )
  schema.index({ email: 1 }, { unique: true })
  return connection.model('Person', schema)
}

/** mongoose, unchanged, does its ordinary work. */
export function describeMongoose({ db, client, check }: SuiteContext): void {
  describe('mongoose', () => {
    let connection: Connection | undefined
    let people: ReturnType<typeof createModel>

    beforeAll(async () => {
      connection = mongoose.createConnection()
      connection.setClient(client())
      connection = connection.useDb(db().databaseName)
      people = createModel(connection, 'people')
      await people.createCollection()
      await people.createIndexes()
    })
    afterAll(async () => {
      await people.deleteMany()
    })

    check('creates and reads lean documents', async () => {
      const created = await people.create({
        name: 'Ada',
        email: 'ada@x',
        secret: Buffer.from([1, 2]),
        cards: [{ number: '4' }],
      })
      const found = await people.findById(created._id).lean()
      expect(found).toMatchObject({ name: 'Ada', cards: [{ number: '4' }] })
      expect(Buffer.from(found?.secret?.buffer as unknown as Uint8Array)).toEqual(Buffer.from([1, 2]))
      expect(await people.find({ email: /^ada/ }).select('name -_id').lean()).toEqual([{ name: 'Ada' }])
    })

    check('reports a unique violation with the field it is about', async () => {
      await people.create({ name: 'Bob', email: 'bob@x' })
      await expect(people.create({ name: 'Bob 2', email: 'bob@x' })).rejects.toMatchObject({ code: 11000 })
    })

    check('gives the key value of a unique violation', async () => {
      await people.create({ name: 'Eve', email: 'eve@x' })
      await expect(people.create({ email: 'eve@x' })).rejects.toMatchObject({ keyValue: { email: 'eve@x' } })
    })

    check('updates one, finds one and updates it, and saves', async () => {
      const person = await people.create({ name: 'Cid', email: 'cid@x', visits: 0 })
      expect(await people.updateOne({ _id: person._id }, { $inc: { visits: 2 } })).toMatchObject({
        modifiedCount: 1,
      })
      const updated = await people
        .findOneAndUpdate({ email: 'cid@x' }, { name: 'Cyd' }, { returnDocument: 'after' })
        .lean()
      expect(updated).toMatchObject({ name: 'Cyd', visits: 2 })
      const loaded = await people.findById(person._id).orFail()
      loaded.cards.push({ number: '5' })
      await loaded.save()
      expect(await people.countDocuments({ 'cards.number': '5' })).toBe(1)
    })

    check('writes in bulk and deletes', async () => {
      const result = await people.bulkWrite([
        { insertOne: { document: { name: 'Dee', email: 'dee@x', visits: 1, cards: [] } } },
        { updateOne: { filter: { email: 'dee@x' }, update: { $set: { visits: 9 } } } },
        { updateOne: { filter: { email: 'new@x' }, update: { $set: { name: 'New' } }, upsert: true } },
      ])
      expect(result).toMatchObject({ insertedCount: 1, modifiedCount: 1, upsertedCount: 1 })
      expect(await people.estimatedDocumentCount()).toBeGreaterThanOrEqual(2)
      expect(await people.deleteOne({ email: 'dee@x' })).toMatchObject({ deletedCount: 1 })
      expect(await people.exists({ email: 'dee@x' })).toBeNull()
    })

    check('inserts many and streams them in order', async () => {
      await people.insertMany(
        Array.from({ length: 150 }, (_, i) => ({ name: 'Many', email: `m${i}@x`, visits: i })),
      )
      const visits: number[] = []
      for await (const person of people
        .find({ name: 'Many' })
        .sort({ visits: -1 })
        .lean()
        .cursor({ batchSize: 40 })) {
        visits.push(person.visits)
      }
      expect(visits).toEqual(Array.from({ length: 150 }, (_, i) => 149 - i))
    })
  })
}
