import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { watchHeartbeats } from '../../../src/storage/watch-heartbeats.ts'

const folder = mkdtempSync(join(tmpdir(), 'sealgate-heartbeats-'))
const patience = 50
let server: MongodbServer
let connection: mongoose.Connection
let stop: () => void
let topologies = 0

beforeAll(async () => {
  server = await createMongodbServer({ folder })
  connection = mongoose.createConnection()
  await connection.openUri(server.uri, { dbName: 'heartbeats' })
  const client = connection.getClient()
  client.on('topologyOpening', () => (topologies += 1))
  stop = watchHeartbeats(client, patience)
})

afterAll(async () => {
  stop()
  await connection.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a heartbeat that never ends has its client connected anew, and what was made of it goes on', async () => {
  const client = connection.getClient()
  const collection = client.db('heartbeats').collection('notes')
  const model = connection.model('Note', new mongoose.Schema({ text: String }, { collection: 'notes' }))
  await model.create({ text: 'before' })
  client.emit('serverHeartbeatStarted', { connectionId: 'lost:1' } as never)
  while (topologies === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  await model.create({ text: 'after' })
  expect(await collection.countDocuments()).toBe(2)
  expect(connection.getClient()).toBe(client)
  expect(topologies).toBe(1)
})

test('heartbeats that end, well or not, leave it alone', async () => {
  const client = connection.getClient()
  const before = topologies
  await new Promise((resolve) => setTimeout(resolve, 6 * patience))
  expect(topologies).toBe(before)
  expect(await client.db('heartbeats').command({ ping: 1 })).toMatchObject({ ok: 1 })
})
