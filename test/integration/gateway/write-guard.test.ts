import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import mongoose, { type Connection } from 'mongoose'

import { SealedField, type SealedOrigin } from '../../../src/crypto/sealed-field.ts'
import { protectedPaths } from '../../../src/directives/protected-paths.ts'
import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { createModels, type StoredModel } from '../../../src/storage/create-models.ts'
import { StoredField, toStoredField } from '../../../src/storage/stored-field.ts'
import { translated } from '../../../src/storage/translate-error.ts'
import { guardWrites } from '../../../src/storage/write-guard.ts'
import { readTestPolicies } from '../../support/read-test-policies.ts'

const policies = readTestPolicies(`
  type Person @model(collection: "people") @access(read: ["role:ADMIN"], write: ["role:ADMIN"]) {
    id: ID!
    name: String
    age: Int
    secret: String @encrypted(searchable: true) @masked(as: LAST4)
    pin: String @hashed
    tags: [String!] @encrypted
    home: Home
    cards: [Card!]
  }
  type Note @model(collection: "notes") @access(read: ["role:ADMIN"], write: ["role:ADMIN"]) {
    id: ID!
    secret: String @encrypted
    text: String
  }
  type Log @model(collection: "logs") @access(read: ["role:ADMIN"], write: ["role:ADMIN"]) { id: ID! secret: String }
  type Home @embedded { street: String @encrypted city: String }
  type Card @embedded { number: String @encrypted bank: String }
`)

const canary = 'canary-4929-plaintext'
const database = 'guarded'
const folder = mkdtempSync(join(tmpdir(), 'sealgate-guard-'))
let server: MongodbServer
let connection: Connection
/** Below the guard. */
let below: mongoose.mongo.MongoClient
let person: StoredModel

beforeAll(async () => {
  server = await createMongodbServer({ folder })
  connection = await mongoose
    .createConnection(server.uri, { dbName: database, monitorCommands: true, maxPoolSize: 3 })
    .asPromise()
  const paths = [...policies.models.values()].map(
    (model) => [model.collection, protectedPaths(model, policies)] as const,
  )
  guardWrites(connection, { name: database, paths: new Map(paths) })
  const models = createModels(connection, policies)
  const model = models.get('Person')
  if (model === undefined) throw new Error('no model')
  person = model
  below = new mongoose.mongo.MongoClient(server.uri)
})

afterAll(async () => {
  await connection.close()
  await below.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const before = {
  _id: 'one',
  _tenant: 't',
  _subject: 's',
  _revision: 1,
  name: 'Ada',
  age: 7,
  cards: [{ _id: 'c1', bank: 'B' }],
}

beforeEach(async () => {
  await below.db(database).collection('people').deleteMany({})
  await below.db(database).collection('notes').deleteMany({})
  await below
    .db(database)
    .collection('people')
    .insertOne({ ...before } as never)
  await below
    .db(database)
    .collection('logs')
    .replaceOne({ _id: 'log' as never }, { secret: canary }, { upsert: true })
})

const parts = {
  ciphertext: Buffer.from('sealed bytes'),
  masks: { LAST4: Buffer.from('sealed mask') },
  terms: {},
}
const sealedFor = (origin: Partial<SealedOrigin> = {}) =>
  toStoredField(new SealedField({ collection: 'people', path: 'secret', id: 'one', ...origin }, parts))
const row = { _tenant: 't', _subject: 's', _revision: 1 }
const people = () => connection.collection('people') as unknown as mongoose.mongo.Collection
const byId = { _id: 'one' as never }

/** A class whose instances BSON writes differently from how they look. */
class Disguised {
  toBSON(): object {
    return { secret: canary }
  }
}

const attempts: Readonly<Record<string, () => Promise<unknown>>> = {
  'Model.create': () => person.create({ _id: 'two', ...row, secret: canary }),
  'Model.create without validation': () =>
    person.create([{ _id: 'two', ...row, secret: canary }], { validateBeforeSave: false }),
  'Model.insertMany': () => person.insertMany([{ _id: 'two', ...row, secret: canary }]),
  'Model.insertMany, lean': () => person.insertMany([{ _id: 'two', ...row, secret: canary }], { lean: true }),
  'Model.insertMany, lean, below an embedded object': () =>
    person.insertMany([{ _id: 'two', ...row, home: { street: canary } }], { lean: true }),
  'Model.insertMany, lean, below a list': () =>
    person.insertMany([{ _id: 'two', ...row, cards: [{ _id: 'c', number: canary }] }], { lean: true }),
  'Model.insertMany, lean, a list of scalars': () =>
    person.insertMany([{ _id: 'two', ...row, tags: [canary] }], { lean: true }),
  'document.save': async () => {
    const document = await person.findById('one')
    document?.set('secret', canary)
    return document?.save({ validateBeforeSave: false })
  },
  'document.save of a subdocument': async () => {
    const document = await person.findById('one')
    document?.set('cards.0.number', canary)
    return document?.save({ validateBeforeSave: false })
  },
  'Model.updateOne': () => person.updateOne({ _id: 'one' }, { secret: canary }),
  'Model.updateOne, not strict': () =>
    person.updateOne({ _id: 'one' }, { $set: { secret: canary } }, { strict: false, runValidators: false }),
  'Model.updateMany': () => person.updateMany({}, { $set: { secret: canary } }),
  'Model.findOneAndUpdate': () => person.findOneAndUpdate({ _id: 'one' }, { $set: { secret: canary } }),
  'Model.findOneAndReplace': () => person.findOneAndReplace({ _id: 'one' }, { ...row, secret: canary }),
  'Model.replaceOne': () => person.replaceOne({ _id: 'one' }, { ...row, secret: canary }),
  'Model.bulkWrite, insertOne': () =>
    person.bulkWrite([{ insertOne: { document: { _id: 'two', ...row, secret: canary } } }], {
      skipValidation: true,
    } as never),
  'Model.bulkWrite, updateOne': () =>
    person.bulkWrite([{ updateOne: { filter: { _id: 'one' }, update: { $set: { secret: canary } } } }]),
  'Model.bulkWrite, replaceOne': () =>
    person.bulkWrite([{ replaceOne: { filter: { _id: 'one' }, replacement: { ...row, secret: canary } } }], {
      skipValidation: true,
    } as never),
  'Model.bulkWrite with a pipeline': () =>
    person.bulkWrite([
      { updateOne: { filter: { _id: 'one' }, update: [{ $set: { secret: canary } }] } },
    ] as never),
  'Model.bulkSave': async () => {
    const document = await person.findById('one')
    document?.set('secret', canary)
    return person.bulkSave(document === null ? [] : [document], { validateBeforeSave: false })
  },
  'Model.updateOne with a pipeline': () =>
    person.updateOne({ _id: 'one' }, [{ $set: { secret: canary } }], { updatePipeline: true }),
  'Model.upsert by filter': () =>
    person.updateOne(
      { _id: 'two', secret: canary },
      { $set: { name: 'x' } },
      { upsert: true, strictQuery: false },
    ),
  'aggregate $merge': () =>
    connection
      .collection('logs')
      .aggregate([{ $merge: { into: 'people' } }])
      .toArray(),
  'aggregate $merge from another database': () =>
    connection
      .getClient()
      .db('elsewhere')
      .collection('logs')
      .aggregate([{ $merge: { into: { db: database, coll: 'people' } } }])
      .toArray(),
  'aggregate $out': () =>
    connection
      .collection('logs')
      .aggregate([{ $out: 'people' }])
      .toArray(),
  'aggregate $out into a named database': () =>
    connection
      .collection('logs')
      .aggregate([{ $out: { db: database, coll: 'people' } }])
      .toArray(),
  'native insertOne': () => people().insertOne({ _id: 'two' as never, secret: canary }),
  'native insertOne of a Map': () =>
    people().insertOne(
      new Map([
        ['_id', 'two'],
        ['secret', canary],
      ]),
    ),
  'native insertOne of a class with toBSON': () => people().insertOne(new Disguised()),
  'native insertOne of a dotted key': () =>
    people().insertOne({ _id: 'two' as never, 'home.street': canary }),
  'native insertOne of a Map in a list': () =>
    people().insertOne({ _id: 'two' as never, cards: [new Map([['number', canary]])] }),
  'native insertOne of a list of lists': () =>
    people().insertOne({ _id: 'two' as never, cards: [[{ number: canary }]] }),
  'native insertOne of a list as an object': () =>
    people().insertOne({ _id: 'two' as never, cards: { 0: { number: canary } } }),
  'native insertOne of a reference with fields': () =>
    people().insertOne({
      _id: 'two' as never,
      home: new mongoose.mongo.DBRef('people', 'x' as never, undefined, { street: canary }),
    }),
  'native insertOne of bytes': () => people().insertOne({ _id: 'two' as never, secret: Buffer.from(canary) }),
  'native insertOne of what looks sealed': () =>
    people().insertOne({
      _id: 'two' as never,
      secret: { c: new mongoose.mongo.Binary(Buffer.from(canary), 0x80) },
    }),
  'native insertOne of a number': () => people().insertOne({ _id: 'two' as never, secret: 4929 }),
  'native insertOne of an empty string': () => people().insertOne({ _id: 'two' as never, secret: '' }),
  'native updateOne': () => people().updateOne(byId, { $set: { secret: canary } }),
  'native updateOne of a Map': () => people().updateOne(byId, { $set: new Map([['secret', canary]]) }),
  'native updateOne at a position': () => people().updateOne(byId, { $set: { 'cards.0.number': canary } }),
  'native updateOne at the matched position': () =>
    people().updateOne({ ...byId, 'cards.bank': 'B' }, { $set: { 'cards.$.number': canary } }),
  'native updateOne at every position': () =>
    people().updateOne(byId, { $set: { 'cards.$[].number': canary } }),
  'native updateOne with array filters': () =>
    people().updateOne(
      byId,
      { $set: { 'cards.$[x].number': canary } },
      { arrayFilters: [{ 'x.bank': 'B' }] },
    ),
  'native updateOne below a sealed path': () => people().updateOne(byId, { $set: { 'secret.c': canary } }),
  'native updateOne of a list element': () => people().updateOne(byId, { $set: { 'tags.0': canary } }),
  'native updateOne of a parent': () => people().updateOne(byId, { $set: { home: { street: canary } } }),
  'native updateOne that renames onto': () => people().updateOne(byId, { $rename: { name: 'secret' } }),
  'native updateOne that renames a parent onto': () =>
    people().updateOne(byId, { $rename: { name: 'home.street' } }),
  'native updateOne that renames away': () => people().updateOne(byId, { $rename: { secret: 'name' } }),
  'native updateOne that unsets a part': () => people().updateOne(byId, { $unset: { 'secret.m': '' } }),
  'native updateOne that increments': () => people().updateOne(byId, { $inc: { secret: 4929 } }),
  'native updateOne that multiplies': () => people().updateOne(byId, { $mul: { secret: 2 } }),
  'native updateOne that takes the greater': () => people().updateOne(byId, { $max: { secret: canary } }),
  'native updateOne that sets the date': () => people().updateOne(byId, { $currentDate: { secret: true } }),
  'native updateOne that sets bits': () => people().updateOne(byId, { $bit: { secret: { or: 1 } } }),
  'native updateOne that pushes': () => people().updateOne(byId, { $push: { tags: canary } as never }),
  'native updateOne that pushes an element': () =>
    people().updateOne(byId, { $push: { cards: { number: canary } } as never }),
  'native updateOne that pushes each': () =>
    people().updateOne(byId, { $push: { cards: { $each: [{ number: canary }], $slice: 5 } } as never }),
  'native updateOne that adds to a set': () =>
    people().updateOne(byId, { $addToSet: { cards: { number: canary } } }),
  'native updateOne by a pipeline': () => people().updateOne(byId, [{ $set: { secret: canary } }]),
  'native updateOne that replaces the root': () =>
    people().updateOne(byId, [{ $replaceWith: { secret: canary } }]),
  'native upsert by filter': () =>
    people().updateOne({ secret: canary }, { $set: { name: 'x' } }, { upsert: true }),
  'native upsert by a nested filter': () =>
    people().updateOne(
      { $and: [{ 'home.street': { $eq: canary } }] },
      { $set: { name: 'x' } },
      { upsert: true },
    ),
  'native upsert on insert': () =>
    people().updateOne({ _id: 'two' as never }, { $setOnInsert: { secret: canary } }, { upsert: true }),
  'native findOneAndUpdate': () => people().findOneAndUpdate(byId, { $set: { secret: canary } }),
  'native findOneAndUpdate, upsert by filter': () =>
    people().findOneAndUpdate({ secret: canary }, { $set: { name: 'x' } }, { upsert: true }),
  'native findOneAndReplace': () => people().findOneAndReplace(byId, { secret: canary }),
  'native replaceOne': () => people().replaceOne(byId, { secret: canary }),
  'native bulkWrite, ordered': () => people().bulkWrite([{ insertOne: { document: { secret: canary } } }]),
  'native bulkWrite, unordered': () =>
    people().bulkWrite([{ updateMany: { filter: {}, update: { $set: { pin: canary } } } }], {
      ordered: false,
    }),
  'native insertMany, unacknowledged': () =>
    people().insertMany([{ _id: 'two' as never, secret: canary }], { writeConcern: { w: 0 } }),
  'a command by hand': () =>
    connection
      .getClient()
      .db(database)
      .command({ insert: 'people', documents: [{ _id: 'two', secret: canary }] }),
  'a rename of a collection': () =>
    connection
      .getClient()
      .db('admin')
      .command({ renameCollection: `${database}.logs`, to: `${database}.people`, dropTarget: true }),
  'an oplog entry': () =>
    connection
      .getClient()
      .db('admin')
      .command({ applyOps: [{ op: 'i', ns: `${database}.people`, o: { _id: 'two', secret: canary } }] }),
  'map and reduce': () =>
    connection.getClient().db(database).command({ mapReduce: 'logs', map: 'm', reduce: 'r', out: 'people' }),
  'a sealed value of another document': () =>
    people().updateOne(byId, { $set: { secret: sealedFor({ id: 'two' }) } }),
  'a sealed value of another path': () =>
    people().updateOne(byId, { $set: { secret: sealedFor({ path: 'home.street' }) } }),
  'a sealed value of another collection': () =>
    people().updateOne(byId, { $set: { secret: sealedFor({ collection: 'notes' }) } }),
  'a sealed value for many documents': () => people().updateMany({}, { $set: { secret: sealedFor() } }),
  'a sealed value under an id that is compared otherwise': () =>
    people().updateOne({ _id: { $ne: 'one' } as never }, { $set: { secret: sealedFor() } }),
  'a copy of a sealed value': () =>
    people().updateOne(byId, { $set: { secret: Object.assign({}, sealedFor()) } }),
  'a deep copy of a sealed value': () =>
    people().updateOne(byId, { $set: { secret: Object.assign({}, sealedFor(), { m: {} }) } }),
  'an heir of a sealed value': () =>
    people().updateOne(byId, { $set: { secret: Object.create(sealedFor()) as object } }),
  'a field made without a sealer': () =>
    people().updateOne(byId, {
      $set: {
        secret: new StoredField(new SealedField({ collection: 'people', path: 'secret', id: 'one' }, parts)),
      },
    }),
}

async function failureOf(attempt: () => Promise<unknown>): Promise<unknown> {
  return translated(attempt).then(
    () => undefined,
    (error: unknown) => error,
  )
}

async function everythingStored(): Promise<string> {
  const documents = await below.db(database).collection('people').find().toArray()
  return documents
    .map((document) => Buffer.from(mongoose.mongo.BSON.serialize(document)).toString('latin1'))
    .join()
}

describe('a write of plaintext or foreign ciphertext to a protected path is refused before the wire', () => {
  test.each(Object.keys(attempts))('%s', async (name) => {
    const failure = await failureOf(attempts[name] as () => Promise<unknown>)
    expect(failure).toMatchObject({ code: 'WRITE_REFUSED' })
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain(canary)
    expect(await everythingStored()).not.toContain(canary)
    expect(await below.db(database).collection('people').find().toArray()).toEqual([before])
    expect(await person.findById('one').lean().exec()).toMatchObject({ name: 'Ada' })
  })
})

test('a client that was refused more often than its pool is large still works', async () => {
  const refusals = Array.from({ length: 60 }, () => failureOf(() => people().insertOne({ secret: canary })))
  for (const refusal of await Promise.all(refusals)) expect(refusal).toMatchObject({ code: 'WRITE_REFUSED' })
  await people().updateOne(byId, { $set: { name: 'Grace' } })
  expect(await person.findById('one').lean().exec()).toMatchObject({ name: 'Grace' })
})

test('a refused item of an unordered bulk write takes its whole batch with it', async () => {
  const failure = await failureOf(() =>
    people().insertMany(
      [
        { _id: 'two' as never, name: 'fine' },
        { _id: 'three' as never, secret: canary },
      ],
      { ordered: false },
    ),
  )
  expect(failure).toMatchObject({ code: 'WRITE_REFUSED' })
  expect(await below.db(database).collection('people').countDocuments()).toBe(1)
})

describe('what a sealer made for this document and path', () => {
  test('is stored as it was sealed, inserted or set', async () => {
    await person.insertMany([{ _id: 'two', ...row, secret: sealedFor({ id: 'two' }), tags: null }], {
      lean: true,
    })
    await person.updateOne({ _id: 'one' }, { $set: { secret: sealedFor() } })
    const stored = await below.db(database).collection('people').find().sort({ _id: 1 }).toArray()
    expect(stored.map(({ secret }) => (secret as { c: mongoose.mongo.Binary }).c.toString('utf8'))).toEqual([
      'sealed bytes',
      'sealed bytes',
    ])
  })

  test('cannot be changed afterwards', () => {
    const field = sealedFor() as { c: unknown; m: Record<string, unknown> }
    expect(() => (field.c = canary)).toThrow(TypeError)
    expect(() => (field.m.LAST4 = canary)).toThrow(TypeError)
    expect(() => ((field.c as { buffer: Buffer }).buffer = Buffer.from(canary))).toThrow(TypeError)
  })

  test('may be removed as a whole, and null may be stored', async () => {
    await person.updateOne({ _id: 'one' }, { $set: { secret: sealedFor() } })
    await people().updateOne(byId, { $unset: { secret: '' } })
    await people().updateOne(byId, { $set: { 'home.street': null, tags: null } })
    expect(await below.db(database).collection('people').findOne(byId)).toEqual({
      ...before,
      home: { street: null },
      tags: null,
    })
  })
})

test('plain paths and collections without protected paths are written as anywhere', async () => {
  await people().updateOne(byId, { $inc: { age: 1 }, $push: { cards: { _id: 'c2', bank: 'C' } } as never })
  await connection.collection('logs').updateOne({ _id: 'log' as never }, [{ $set: { secret: 'open' } }])
  expect(await people().findOne(byId)).toMatchObject({ age: 8, cards: [{ bank: 'B' }, { bank: 'C' }] })
  expect(await connection.collection('logs').findOne()).toEqual({ _id: 'log', secret: 'open' })
})
