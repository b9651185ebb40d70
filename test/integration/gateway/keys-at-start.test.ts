import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import type { KeyProviderOptions } from '../../../src/kms/index.ts'
import {
  createTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/create-test-gateway.ts'
import { FakeTransit } from '../../support/fake-transit.ts'
import { FakeVault } from '../../support/fake-vault.ts'

const database = 'at_start'
let folder: string
let server: MongodbServer
let client: mongoose.mongo.MongoClient
const closing: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealgate-start-'))
  server = await createMongodbServer({ folder: join(folder, 'database') })
  client = new mongoose.mongo.MongoClient(server.uri)
})

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await client.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const start = (options: Partial<TestGatewayOptions> = {}): Promise<TestGateway> =>
  createTestGateway({ uri: server.uri, folder, database, ...options })

const admin = { roles: ['ADMIN'] }
const query = '{ customers { nodes { fullName country } } }'

/** Starts, stores a customer, and stops without removing anything. */
async function storeOne(options: Partial<TestGatewayOptions> = {}): Promise<void> {
  const gateway = await start(options)
  const { errors } = await gateway.ask(
    admin,
    'mutation { createCustomer(input: { fullName: "Ana", email: "ana@example.com", country: "ES" }) { id } }',
  )
  expect(errors).toEqual([])
  await gateway.gateway.close()
}

/** Every stored byte of both databases. */
async function storedBytes(): Promise<string> {
  const hash = createHash('sha256')
  for (const name of [database, `${database}_keys`]) {
    const collections = await client.db(name).listCollections().toArray()
    for (const collection of collections.map((one) => one.name).sort()) {
      hash.update(`${name}.${collection}`)
      for (const document of await client.db(name).collection(collection).find().sort({ _id: 1 }).toArray()) {
        hash.update(mongoose.mongo.BSON.serialize(document))
      }
    }
  }
  return hash.digest('hex')
}

/** Customers and rows of wrapped keys. */
async function countAll(): Promise<readonly number[]> {
  const documents = await client.db(database).collection('customers').countDocuments()
  return [documents, await client.db(`${database}_keys`).collection('datakeys').countDocuments()]
}

function filesOf(path: string): Record<string, string> {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(path, name)).isFile(),
  )
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name), 'hex')]))
}

const withMasterKey = (file: string): { keys: KeyProviderOptions } => ({
  keys: {
    provider: 'local',
    folder: join(folder, 'keys'),
    masterKey: { file: join(folder, file), generate: false },
  },
})

describe('a start with keys that are not those of the database is refused, and changes nothing', () => {
  test('another master key', async () => {
    await storeOne()
    writeFileSync(join(folder, 'other-key'), randomBytes(32), { mode: 0o600 })
    const before = { stored: await storedBytes(), files: filesOf(join(folder, 'keys')) }
    await expect(start(withMasterKey('other-key'))).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
    expect({ stored: await storedBytes(), files: filesOf(join(folder, 'keys')) }).toEqual(before)
    const again = await start(withMasterKey('master-key'))
    expect((await again.ask(admin, query)).data.customers.nodes).toEqual([{ fullName: 'Ana', country: 'ES' }])
    await again.gateway.close()
  })

  test('another key folder', async () => {
    await storeOne()
    const before = await storedBytes()
    const keys: KeyProviderOptions = {
      provider: 'local',
      folder: join(folder, 'other-keys'),
      masterKey: { file: join(folder, 'other-key'), generate: true },
    }
    await expect(start({ keys })).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
    expect(await storedBytes()).toBe(before)
  })

  test('a lost master key where keys are', async () => {
    await storeOne()
    rmSync(join(folder, 'master-key'))
    const before = { stored: await storedBytes(), files: filesOf(join(folder, 'keys')) }
    await expect(start()).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
    expect({ stored: await storedBytes(), files: filesOf(join(folder, 'keys')) }).toEqual(before)
  })

  test.each(['canaries that are gone', 'a canary of another key', 'a canary with a bit flipped'])(
    '%s',
    async (what) => {
      await storeOne()
      const canaries = client
        .db(`${database}_keys`)
        .collection<{ wrapped: mongoose.mongo.Binary; keyId: unknown }>('canaries')
      const [one, other] = await canaries.find().sort({ _id: 1 }).toArray()
      if (what === 'canaries that are gone') await canaries.deleteMany({})
      else if (what === 'a canary of another key')
        await canaries.updateOne({ _id: one?._id }, { $set: { ...other, _id: one?._id } })
      else {
        const bytes = Buffer.from(one?.wrapped.buffer ?? [])
        bytes[20] = (bytes[20] ?? 0) ^ 1
        await canaries.updateOne({ _id: one?._id }, { $set: { wrapped: new mongoose.mongo.Binary(bytes) } })
      }
      const before = await storedBytes()
      await expect(start()).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
      expect(await storedBytes()).toBe(before)
    },
  )

  test('one database for documents and keys', async () => {
    const storage = { uri: server.uri, database, keysDatabase: database }
    await expect(start({ storage })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
  })
})

describe('a start while the key service cannot be reached', () => {
  async function createVault(transit: FakeTransit): Promise<{ keys: KeyProviderOptions }> {
    const vault = await FakeVault.start()
    vault.handler = transit.handler
    closing.push(() => vault.close())
    return {
      keys: {
        provider: 'vault',
        address: vault.address,
        auth: { method: 'token', token: 'hvs.secret-token' },
      },
    }
  }

  const health = async ({ gateway }: TestGateway, which: 'ready' | 'live') => {
    const response = await gateway.app.inject(`/health/${which}`)
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
  }

  test('succeeds, is not ready, neither encrypts nor decrypts, and becomes ready by itself', async () => {
    const transit = new FakeTransit()
    const options = await createVault(transit)
    await storeOne(options)
    transit.down = true
    const before = await countAll()
    const gateway = await start(options)
    closing.push(() => gateway.gateway.close())
    expect(await health(gateway, 'live')).toMatchObject({ status: 200 })
    expect(await health(gateway, 'ready')).toMatchObject({
      status: 503,
      body: { keysVerified: false, database: 'ok' },
    })

    const read = await gateway.ask(admin, query)
    expect(read.data.customers.nodes).toEqual([{ fullName: null, country: 'ES' }])
    expect(read.errors.map(({ extensions }) => extensions.code)).toEqual(['KEY_UNAVAILABLE'])
    const search = await gateway.ask(
      admin,
      '{ customers(filter: { email: { eq: "ana@example.com" } }) { nodes { id } } }',
    )
    expect(search.data.customers).toBeNull()
    expect(search.errors.map(({ extensions }) => extensions.code)).toEqual(['KEY_UNAVAILABLE'])
    const write = await gateway.ask(admin, 'mutation { createCustomer(input: { fullName: "Bob" }) { id } }')
    expect(write.errors.map(({ extensions }) => extensions.code)).toEqual(['KEY_UNAVAILABLE'])
    const many = await gateway.ask(
      admin,
      'mutation { createCustomers(inputs: [{ fullName: "Bob" }]) { document { id } error { code } } }',
    )
    expect(many.text).toContain('KEY_UNAVAILABLE')
    expect(await countAll()).toEqual(before)

    transit.down = false
    while ((await health(gateway, 'ready')).status !== 200) await pause(100)
    expect((await gateway.ask(admin, query)).data.customers.nodes).toEqual([
      { fullName: 'Ana', country: 'ES' },
    ])
  })

  test('stays closed when the service comes back with other keys', async () => {
    const transit = new FakeTransit()
    await storeOne(await createVault(transit))
    const other = new FakeTransit()
    other.down = true
    const gateway = await start(await createVault(other))
    closing.push(() => gateway.gateway.close())
    other.down = false
    while (!gateway.logs.join('').includes('KEYS_MISMATCH')) await pause(100)
    expect(await health(gateway, 'ready')).toMatchObject({ status: 503, body: { keysVerified: false } })
    const { data, errors } = await gateway.ask(admin, query)
    expect(data.customers.nodes).toEqual([{ fullName: null, country: 'ES' }])
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['KEY_UNAVAILABLE'])
    const write = await gateway.ask(admin, 'mutation { createCustomer(input: { fullName: "Bob" }) { id } }')
    expect(write.errors.map(({ extensions }) => extensions.code)).toEqual(['KEY_UNAVAILABLE'])
  })

  test('refuses a service that holds other keys at once', async () => {
    await storeOne(await createVault(new FakeTransit()))
    await expect(start(await createVault(new FakeTransit()))).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
  })

  test('serves cached keys while the service is away, and says that it is degraded', async () => {
    const transit = new FakeTransit()
    const gateway = await start(await createVault(transit))
    closing.push(() => gateway.gateway.close())
    const create = (name: string) =>
      gateway.ask(
        admin,
        'mutation ($name: String) { createCustomer(input: { fullName: $name }) { fullName } }',
        { name },
      )
    expect((await create('Ana')).errors).toEqual([])
    transit.down = true
    expect((await gateway.ask(admin, query)).data.customers.nodes).toEqual([
      { fullName: 'Ana', country: null },
    ])
    const other = await create('Bob')
    expect(other.errors.map(({ extensions }) => extensions.code)).toEqual(['KEY_UNAVAILABLE'])
    expect(await client.db(database).collection('customers').countDocuments()).toBe(1)
  })
})
