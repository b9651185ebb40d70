import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'

type Collection = mongoose.mongo.Collection<{ _id: number; tenant: string; a?: number; b?: number }>

const folder = mkdtempSync(join(tmpdir(), 'sealgate-or-plan-'))
let server: MongodbServer
let client: mongoose.mongo.MongoClient
let people: Collection

beforeAll(async () => {
  server = await createMongodbServer({ folder })
  client = new mongoose.mongo.MongoClient(server.uri)
  people = client.db('test').collection('people')
  await people.createIndexes([
    { key: { tenant: 1, _id: 1 } },
    { key: { a: 1 }, sparse: true },
    { key: { b: 1 }, sparse: true },
  ])
  await people.insertMany(
    Array.from({ length: 300 }, (_, i) => ({
      _id: i,
      tenant: i % 3 === 0 ? 'other' : 'one',
      a: i,
      b: i % 2,
    })),
  )
})

afterAll(async () => {
  await client.close()
  await server.close()
  rmSync(folder, { recursive: true })
})

async function usedIndexes(filter: object): Promise<string[]> {
  const plan = JSON.stringify(await people.find(filter).sort({ _id: 1 }).explain('queryPlanner'))
  return [...plan.matchAll(/"indexName":"([^"]+)"/g)].map(([, name]) => name ?? '')
}

const found = (filter: object): Promise<number[]> =>
  people
    .find(filter)
    .sort({ _id: 1 })
    .map(({ _id }) => _id)
    .toArray()

describe('an $or beside other conditions', () => {
  test('is answered by the indexes of its branches where they reach less', async () => {
    const filter = { tenant: 'one', $and: [{ $or: [{ a: { $in: [7] } }, { a: 8 }, { b: { $in: [5] } }] }] }
    expect(await usedIndexes(filter)).toEqual(['a_1', 'a_1', 'b_1'])
    expect(await found(filter)).toEqual([7, 8])
    expect(await found({ ...filter, tenant: 'other' })).toEqual([])
  })

  test('finds a document once that several branches match', async () => {
    expect(await found({ tenant: 'one', $and: [{ $or: [{ a: 7 }, { a: { $in: [7, 8] } }] }] })).toEqual([
      7, 8,
    ])
  })

  test('is answered by one index where the branches reach more', async () => {
    const filter = { tenant: 'other', $and: [{ $or: [{ a: { $gte: 0 } }, { b: 1 }] }] }
    expect(await usedIndexes(filter)).toEqual(['tenant_1__id_1'])
    expect(await found(filter)).toHaveLength(100)
  })

  test('is answered by one index where a branch has none', async () => {
    const filter = { tenant: 'one', $and: [{ $or: [{ a: 7 }, { c: 1 }] }] }
    expect(await usedIndexes(filter)).toEqual(['tenant_1__id_1'])
    expect(await found(filter)).toEqual([7])
  })
})
