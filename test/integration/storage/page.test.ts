import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { connectStorage } from '../../../src/storage/connect-storage.ts'
import { behind, type Order, sortOf } from '../../../src/storage/page.ts'
import { readTestPolicies } from '../../support/read-test-policies.ts'

const count = 1_000
const pageSize = 10
const idOf = (i: number): string => `p${String(i).padStart(4, '0')}`
/** A third has none. */
const cityOf = (i: number): string | undefined => [undefined, 'Oslo', 'Rome'][i % 3]

const folder = mkdtempSync(join(tmpdir(), 'sealgate-page-'))
let server: MongodbServer
let client: mongoose.mongo.MongoClient

beforeAll(async () => {
  server = await createMongodbServer({ folder })
  const policies = readTestPolicies(
    'type Person @model(collection: "people") @access(read: ["role:ADMIN"]) { id: ID! city: String @index }',
  )
  const options = { uri: server.uri, database: 'test', keysDatabase: 'test_keys' }
  const storage = await connectStorage(policies, options)
  await storage.close()
  client = new mongoose.mongo.MongoClient(server.uri)
  const documents = Array.from({ length: count }, (_, i) => ({
    _id: idOf(i),
    _tenant: i % 2 === 0 ? 'one' : 'other',
    _subject: idOf(i),
    _revision: 1,
    ...(cityOf(i) === undefined ? {} : { city: cityOf(i) }),
  }))
  await client.db('test').collection<{ _id: string }>('people').insertMany(documents)
})

afterAll(async () => {
  await client.close()
  await server.close()
  rmSync(folder, { recursive: true })
})

/** How many index keys the page behind a document costs. */
async function examinedKeys(order: Order | undefined, after: number): Promise<number> {
  const people = client.db('test').collection('people')
  const anchor = { id: idOf(after), value: order === undefined ? idOf(after) : cityOf(after) }
  let wanted = pageSize
  let examined = 0
  for (const part of behind(order, anchor)) {
    const page = people
      .find({ _tenant: { $eq: 'one' }, $and: [part] })
      .sort(sortOf(order))
      .limit(wanted)
    const explained = await page.explain('executionStats')
    const { nReturned, totalKeysExamined } = explained.executionStats as Record<string, number>
    wanted -= nReturned ?? 0
    examined += totalKeysExamined ?? NaN
    if (wanted === 0) break
  }
  expect(wanted).toBe(0)
  return examined
}

const orders: readonly (Order | undefined)[] = [
  undefined,
  { path: 'city', direction: 'ASC' },
  { path: 'city', direction: 'DESC' },
]

test.each(orders)('a page in the order %j costs its own documents, however deep it is', async (order) => {
  for (const after of [100, 300, 302, 304, 500, 902]) {
    expect(await examinedKeys(order, after)).toBe(pageSize)
  }
})
