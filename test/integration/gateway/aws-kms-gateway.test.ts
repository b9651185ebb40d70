import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import type { KeyProviderOptions } from '../../../src/kms/index.ts'
import { buildDist } from '../../support/build-dist.ts'
import { createTestGateway, type TestGatewayOptions } from '../../support/create-test-gateway.ts'
import { createJobBench } from '../../support/key-job-tools.ts'
import { FaultyProxy } from '../../support/faulty-proxy.ts'
import { createDataFolder, runCliForJson } from '../../support/run-cli.ts'

const named = (process.env.SEALGATE_TEST_SERVICES ?? '').split(',').includes('aws')
const describeOnAws = named ? describe : describe.skip
const admin = { roles: ['ADMIN'] }
const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test-secret' }

interface Finding {
  readonly check: string
  readonly state: string
  readonly detail: string
}

describeOnAws('a gateway with its keys in AWS KMS', () => {
  const region = 'eu-west-1'
  const keyPrefix = `gw${randomInt(2 ** 32)}`
  const database = 'aws'
  let folder: string
  let server: MongodbServer
  let client: mongoose.mongo.MongoClient
  let proxy: FaultyProxy
  let keys: KeyProviderOptions

  const start = (options: Partial<TestGatewayOptions> = {}) =>
    // Without an audit log, whose keys would be counted too.
    createTestGateway({ uri: server.uri, folder, database, keys, audit: 'off', ...options })

  beforeAll(async () => {
    const endpoint = process.env.SEALGATE_TEST_AWS_ENDPOINT
    if (endpoint === undefined) throw new Error('SEALGATE_TEST_AWS_ENDPOINT is not set')
    Object.assign(process.env, credentials)
    await buildDist()
    folder = mkdtempSync(join(tmpdir(), 'sealgate-aws-'))
    server = await createMongodbServer({ folder: join(folder, 'database') })
    client = new mongoose.mongo.MongoClient(server.uri)
    proxy = await FaultyProxy.start(endpoint)
    keys = { provider: 'aws-kms', region, endpoint: proxy.address, keyPrefix, timeoutMs: 2_000 }
    const kms = new KMSClient({ region, endpoint })
    for (const type of ['pii', 'financial', 'audit-log']) {
      for (const purpose of ['reveal', 'mask', 'index']) {
        const { KeyMetadata } = await kms.send(
          new CreateKeyCommand({ KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' }),
        )
        const alias = { AliasName: `alias/${keyPrefix}-${type}-${purpose}`, TargetKeyId: KeyMetadata?.KeyId }
        await kms.send(new CreateAliasCommand(alias))
      }
    }
    kms.destroy()
  }, 180_000)

  afterAll(async () => {
    await client.close()
    await proxy.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('stores, finds and shows a hundred people of a cold start with three requests', async () => {
    const writer = await start()
    const inputs = Array.from({ length: 100 }, (_, index) => ({
      fullName: `Person ${index}`,
      email: `person-${index}@example.com`,
    }))
    const { errors } = await writer.ask(
      admin,
      'mutation ($inputs: [CustomerCreateInput!]!) { createCustomers(inputs: $inputs) { document { id } error { code } } }',
      { inputs },
    )
    expect(errors).toEqual([])
    await writer.gateway.close()

    const reader = await start()
    const before = proxy.requests.length
    const list = await reader.ask(admin, '{ customers(first: 100) { nodes { fullName email } } }')
    expect(list.errors).toEqual([])
    expect(list.data.customers.nodes).toEqual(expect.arrayContaining(inputs))
    const found = await reader.ask(
      admin,
      '{ customers(filter: { email: { eq: "person-7@example.com" } }) { nodes { fullName } } }',
    )
    expect(found.data.customers.nodes).toEqual([{ fullName: 'Person 7' }])
    const masked = await reader.ask({ roles: ['SUPPORT'] }, '{ customers(first: 100) { nodes { email } } }')
    expect(masked.errors).toEqual([])
    expect(masked.text).not.toContain('person-7@')
    // REVEAL, INDEX and MASK of PII, for the one tenant. Canaries, under keys of the installation, were opened at the start.
    expect(proxy.requests.length - before).toBe(3)
    await reader.gateway.close()
  }, 60_000)

  test('refuses to start when the intermediate keys are gone, and changes nothing', async () => {
    const collection = client.db(`${database}_keys`).collection('intermediateKeys')
    const saved = await collection.find().toArray()
    await collection.deleteMany({})
    await expect(start()).rejects.toMatchObject({ code: 'KEYS_MISMATCH' })
    expect(await collection.countDocuments()).toBe(0)
    await collection.insertMany(saved)
    await (await start()).gateway.close()
  }, 30_000)

  test('has its data keys rewrapped under a new version by jobs, and then reads without the old one', async () => {
    const gateway = await start()
    const { storage, jobTools } = gateway.gateway
    const bench = createJobBench({ ...jobTools, jobStore: storage.jobStore })
    const keks = [{ keyType: 'PII', purpose: 'REVEAL' }] as const
    await bench.run('rotate', { keks })
    const job = await bench.run('rewrap', { keks })
    expect(job).toMatchObject({
      state: 'done',
      findings: ['PII/REVEAL: 0 data keys left under versions below 2'],
    })
    expect(job.progress?.counters.rewrapped).toBeGreaterThanOrEqual(100)
    for (const kek of keks) await jobTools.provider.trim(kek, 2)
    gateway.gateway.keyRing.clear()
    const { data, errors } = await gateway.ask(admin, '{ customers(first: 3) { nodes { email } } }')
    expect(errors).toEqual([])
    expect(data.customers.nodes[0].email).toMatch(/^person-\d+@/)
    await gateway.gateway.close()
  }, 60_000)

  test('has no write-only instances, and says why', async () => {
    await expect(start({ keyRights: 'write-only' })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('aws-kms has not both') as unknown,
    })
  })

  test('mask-only asks for no key but those of masks', async () => {
    const before = proxy.requests.length
    const gateway = await start({ keyRights: 'mask-only' })
    const { data, errors } = await gateway.ask(
      { roles: ['SUPPORT'] },
      '{ customers(first: 1) { nodes { email } } }',
    )
    expect(errors).toEqual([])
    expect(data.customers.nodes[0].email).toMatch(/\*/)
    const clear = await gateway.ask(admin, '{ customers(first: 1) { nodes { email } } }')
    expect(clear.data.customers.nodes).toEqual([{ email: null }])
    // Of PII and FINANCIAL: the key is described and its canary opened; and the tenant's key for the masks of PII.
    expect(proxy.requests.length - before).toBe(5)
    await gateway.gateway.close()
  }, 30_000)

  test('doctor looks at each key, and states what is weaker', async () => {
    const environment = {
      ...credentials,
      SEALGATE_KEYS: 'aws-kms',
      AWS_REGION: region,
      SEALGATE_AWS_KMS_ENDPOINT: proxy.address,
      SEALGATE_KEY_PREFIX: keyPrefix,
    }
    const { json } = await runCliForJson(['doctor', '--data', createDataFolder()], environment)
    const findings = json.findings as readonly Finding[]
    expect(findings.find(({ check }) => check === 'Keys')?.detail).toContain(
      'one intermediate key for each tenant',
    )
    expect(findings.filter(({ check }) => check.startsWith('Key '))).toHaveLength(7)
    expect(findings.find(({ check }) => check === 'Key PII REVEAL')?.state).toBe('ok')
    const other = { ...environment, SEALGATE_KEY_PREFIX: 'missing' }
    const missing = await runCliForJson(['doctor', '--data', createDataFolder()], other)
    expect(missing.status).toBe(1)
    const failed = (missing.json.findings as readonly Finding[]).find(
      ({ check }) => check === 'Key PII REVEAL',
    )
    expect(failed).toMatchObject({
      state: 'failure',
      detail: expect.stringContaining('aws kms create-key') as unknown,
    })
  }, 60_000)
})
