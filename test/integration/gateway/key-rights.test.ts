import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import type { KeyRights } from '../../../src/crypto/key-rights.ts'
import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import type { VaultOptions } from '../../../src/kms/index.ts'
import { vaultPolicies } from '../../../src/kms/vault/policies.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { createToken, describeOnVault, sharedVault } from '../../support/test-vault.ts'

const admin = { roles: ['ADMIN'] }
const support = { roles: ['SUPPORT'] }
const create = `mutation ($email: String!) {
  createCustomer(input: { fullName: "Ana Pérez", email: $email, country: "ES" }) { id }
}`
const unavailable = expect.objectContaining({
  extensions: expect.objectContaining({ code: 'KEY_UNAVAILABLE' }) as unknown,
}) as unknown

describeOnVault('an instance under the Vault policy of its kind', () => {
  const mountPath = `rights-${crypto.randomUUID()}`
  const policies = vaultPolicies({ mountPath, keyPrefix: 'sealgate' }, ['AUDIT_LOG', 'FINANCIAL', 'PII'])
  const running = new Map<string, TestGateway>()
  let folder: string
  let server: MongodbServer
  let client: mongoose.mongo.MongoClient

  const vaultFor = (token: string): VaultOptions => ({
    provider: 'vault',
    address: sharedVault().address,
    auth: { method: 'token', token },
    mountPath,
  })

  /** A gateway on the one database; `keyRights` is what it says of itself, `policy` what Vault says of it. */
  async function start(
    keyRights: KeyRights,
    policy: string = policies[keyRights],
    database = 'rights',
  ): Promise<TestGateway> {
    const token = await createToken(sharedVault(), { policy })
    return createTestGateway({ uri: server.uri, folder, database, keys: vaultFor(token), keyRights })
  }

  const kind = (name: KeyRights): TestGateway => {
    const gateway = running.get(name)
    if (gateway === undefined) throw new Error(`${name} is not running`)
    return gateway
  }

  const readiness = async ({ gateway }: TestGateway) => (await gateway.app.inject('/health/ready')).statusCode

  const generations = async (): Promise<readonly string[]> => {
    const rows = await client.db('rights_keys').collection('datakeys').find().toArray()
    return rows.flatMap((row) => Object.keys(row.keys as object))
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sealgate-rights-'))
    server = await createMongodbServer({ folder: join(folder, 'database') })
    client = new mongoose.mongo.MongoClient(server.uri)
    const operator = await createTestGateway({
      uri: server.uri,
      folder,
      database: 'operator',
      keys: vaultFor(sharedVault().token),
    })
    await operator.gateway.close()
    for (const name of ['full', 'mask-only', 'write-only'] as const) running.set(name, await start(name))
    const { errors } = await kind('full').ask(admin, create, { email: 'ana@example.com' })
    expect(errors).toEqual([])
  }, 60_000)

  afterAll(async () => {
    for (const { gateway } of running.values()) await gateway.close()
    await client.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test.each(['full', 'mask-only', 'write-only'] as const)('becomes ready as %s', async (name) => {
    expect(await readiness(kind(name))).toBe(200)
  })

  test('mask-only serves masks, and clear values to nobody', async () => {
    const query = '{ customers { nodes { email country } } }'
    const masked = await kind('mask-only').ask(support, query)
    expect(masked.errors).toEqual([])
    expect(masked.data.customers.nodes).toContainEqual({ email: 'a***@example.com', country: 'ES' })
    const clear = await kind('mask-only').ask(admin, query)
    expect(clear.data.customers.nodes).toContainEqual({ email: null, country: 'ES' })
    expect(clear.errors).toEqual([unavailable])
    expect(clear.text).not.toContain('ana@')
  })

  test('mask-only neither searches nor writes', async () => {
    const found = await kind('mask-only').ask(
      admin,
      '{ customers(filter: { email: { eq: "ana@example.com" } }) { nodes { id } } }',
    )
    expect(found.data.customers).toBeNull()
    expect(found.errors).toEqual([unavailable])
    const before = await generations()
    const written = await kind('mask-only').ask(admin, create, { email: 'eve@example.com' })
    expect(written.errors).toEqual([unavailable])
    expect(await generations()).toEqual(before)
  })

  test('write-only creates and updates what the others read, under generations of its own', async () => {
    const created = await kind('write-only').ask(admin, create, { email: 'bob@example.com' })
    expect(created.errors).toEqual([])
    const id = created.data.createCustomer.id as string
    const update = `mutation ($id: ID!, $name: String) { updateCustomer(id: $id, input: { fullName: $name }) { id } }`
    const updates = [await kind('full').ask(admin, update, { id, name: 'Robert' })]
    updates.push(await kind('write-only').ask(admin, update, { id, name: 'Bobby' }))
    expect(updates.flatMap(({ errors }) => errors)).toEqual([])

    const read = await kind('full').ask(
      admin,
      '{ customers(filter: { email: { eq: "bob@example.com" } }) { nodes { fullName email } } }',
    )
    expect(read.errors).toEqual([])
    expect(read.data.customers.nodes).toEqual([{ fullName: 'Bobby', email: 'bob@example.com' }])
    const masked = await kind('mask-only').ask(support, `{ customer(id: "${id}") { email } }`)
    expect(masked.data.customer.email).toMatch(/^b\*+@/)
  })

  test('write-only makes a new generation for a subject whose keys it cannot unwrap', async () => {
    const query = '{ customers(first: 1) { nodes { id } } }'
    const { data } = await kind('full').ask(admin, query)
    const id = data.customers.nodes[0].id as string
    const another = await start('write-only')
    try {
      const before = (await generations()).filter((slot) => slot.startsWith('PII:REVEAL')).length
      const update = `mutation { updateCustomer(id: "${id}", input: { fullName: "Ana" }) { id } }`
      expect((await another.ask(admin, update)).errors).toEqual([])
      const after = (await generations()).filter((slot) => slot.startsWith('PII:REVEAL')).length
      expect(after).toBe(before + 1)
      const clear = await kind('full').ask(admin, `{ customer(id: "${id}") { fullName email } }`)
      expect(clear).toMatchObject({
        errors: [],
        data: { customer: { fullName: 'Ana', email: 'ana@example.com' } },
      })
    } finally {
      await another.gateway.close()
    }
  })

  test('write-only shows nothing, not even what it has just written', async () => {
    const written = await kind('write-only').ask(
      admin,
      'mutation { createCustomer(input: { fullName: "Carla", email: "carla@example.com" }) { email country } }',
    )
    expect(written.data.createCustomer).toEqual({ email: null, country: null })
    expect(written.errors).toEqual([unavailable])
    for (const viewer of [admin, support]) {
      const read = await kind('write-only').ask(viewer, '{ customers { nodes { email } } }')
      const nodes = read.data.customers.nodes as readonly { readonly email: unknown }[]
      expect(new Set(nodes.map(({ email }) => email))).toEqual(new Set([null]))
      expect(read.text).not.toMatch(/@example|\*@/)
    }
  })

  test('full does not start ready under the policy of another kind: it refuses to serve less unasked', async () => {
    const gateway = await start('full', policies['mask-only']).catch((error: unknown) => error)
    expect(gateway).toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('/keys/sealgate-') as unknown,
    })
  })

  test('mask-only keeps to masks where its policy would grant all', async () => {
    const generous = await start('mask-only', policies.full)
    try {
      const { data, errors } = await generous.ask(admin, '{ customers(first: 1) { nodes { email } } }')
      expect(data.customers.nodes).toEqual([{ email: null }])
      expect(errors).toEqual([unavailable])
    } finally {
      await generous.gateway.close()
    }
  })

  test('mask-only on an empty database waits for a full instance, and becomes ready by itself', async () => {
    const waiting = await start('mask-only', policies['mask-only'], 'empty')
    try {
      expect(await readiness(waiting)).toBe(503)
      expect(waiting.logs.join('')).toContain('waits for one with all rights')
      const full = await start('full', policies.full, 'empty')
      await full.gateway.close()
      while ((await readiness(waiting)) !== 200) await pause(100)
    } finally {
      await waiting.gateway.close()
    }
  })

  test('write-only may be the first on an empty database, and a full one after it reads', async () => {
    const first = await start('write-only', policies['write-only'], 'first')
    expect((await first.ask(admin, create, { email: 'dora@example.com' })).errors).toEqual([])
    await first.gateway.close()
    const full = await start('full', policies.full, 'first')
    try {
      const { data } = await full.ask(
        admin,
        '{ customers(filter: { email: { eq: "dora@example.com" } }) { nodes { email } } }',
      )
      expect(data.customers.nodes).toEqual([{ email: 'dora@example.com' }])
    } finally {
      await full.gateway.close()
    }
  })
})
