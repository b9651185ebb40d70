import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { connectStorage, type Storage } from '../../../src/storage/connect-storage.ts'
import type { Repository } from '../../../src/storage/repository.ts'
import { readTestPolicies } from '../../support/read-test-policies.ts'

const policies = readTestPolicies(`
  type Person @model(collection: "people") @access(read: ["role:ADMIN"]) { id: ID! name: String city: String friend: ID }
`)
const rows = { tenant: 'one' }
const known = { _tenant: 'one', _subject: 'p', _revision: 1 }

const folder = mkdtempSync(join(tmpdir(), 'sealgate-paths-'))
let server: MongodbServer
let storage: Storage
let client: mongoose.mongo.MongoClient
let people: Repository

beforeAll(async () => {
  server = await createMongodbServer({ folder })
  storage = await connectStorage(policies, { uri: server.uri, database: 'test', keysDatabase: 'test_keys' })
  const repository = storage.repositories.get('Person')
  if (repository === undefined) throw new TypeError('no repository')
  people = repository
  client = new mongoose.mongo.MongoClient(server.uri)
  await client
    .db('test')
    .collection<{ _id: string }>('people')
    .insertMany(
      Array.from({ length: 300 }, (_, i) => ({
        _id: `p${String(i).padStart(3, '0')}`,
        ...known,
        name: `name ${i}`,
        city: i % 2 === 0 ? 'Rome' : 'Oslo',
        friend: 'p000',
      })),
    )
})

afterAll(async () => {
  await client.close()
  await storage.close()
  await server.close()
  rmSync(folder, { recursive: true })
})

describe('documents come', () => {
  test('with the paths that a call names, and with what they are known by', async () => {
    const [first] = await people.list({ rows, limit: 1, paths: ['city'] })
    expect(first).toEqual({ _id: 'p000', ...known, city: 'Rome' })
    expect(await people.findById(rows, 'p001', [])).toEqual({ _id: 'p001', ...known })
    const [joined] = await people.findByKeys(rows, 'friend', ['p000'], 1, ['name'])
    expect(joined).toEqual({ _id: 'p000', ...known, friend: 'p000', name: 'name 0' })
  })

  test('whole, where a call names none', async () => {
    const whole = { _id: 'p000', ...known, name: 'name 0', city: 'Rome', friend: 'p000' }
    expect(await people.list({ rows, limit: 1 })).toEqual([whole])
    expect(await people.findById(rows, 'p000')).toEqual(whole)
  })
})
