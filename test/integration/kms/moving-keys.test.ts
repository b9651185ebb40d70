import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from '@jest/globals'

import { verifyKeks } from '../../../src/crypto/verify-keks.ts'
import {
  createKeyProvider,
  type KeyProviderOptions,
  type LocalOptions,
  type VaultOptions,
} from '../../../src/kms/index.ts'
import { startJob } from '../../../src/rotation/start-job.ts'
import { tryJob } from '../../../src/rotation/run-job.ts'
import { describeKeyProvider, unwrapOne, wrapOne } from '../../suites/key-provider.suite.ts'
import { buildDist } from '../../support/build-dist.ts'
import {
  createTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/create-test-gateway.ts'
import { runCli, runCliForJson } from '../../support/run-cli.ts'
import { describeOnVault, sharedVault } from '../../support/test-vault.ts'

describeOnVault('keys on their way from one key service to another', () => {
  const mountPath = `moving-${crypto.randomUUID()}`
  const masterKey = randomBytes(32).toString('base64')
  const closing: (() => Promise<void>)[] = []
  let data: string

  const vault = (): VaultOptions => {
    const { address, token } = sharedVault()
    return { provider: 'vault', address, auth: { method: 'token', token }, mountPath }
  }
  const local = (): LocalOptions => ({
    provider: 'local',
    folder: join(data, 'keys'),
    masterKey: { value: masterKey },
  })

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'sealgate-moving-'))
    await buildDist()
  }, 240_000)

  afterAll(async () => {
    for (const close of closing.reverse()) await close()
    await rm(data, { recursive: true, force: true })
  })

  describeKeyProvider('vault after local', {
    create: () => createKeyProvider({ ...vault(), previous: local() }),
  })
  describeKeyProvider('local after vault', {
    create: () => createKeyProvider({ ...local(), previous: vault() }),
  })

  test('what the older wrapped opens, under its own context alone, and is under no version of the newer until it is rewrapped', async () => {
    const kek = { keyType: 'PII', purpose: 'REVEAL' } as const
    const [context, key] = [Buffer.from('context'), randomBytes(32)]
    const older = createKeyProvider(local())
    const both = createKeyProvider({ ...vault(), previous: local() })
    await Promise.all([older.prepare([kek]), both.prepare([kek])])
    const wrapped = await wrapOne(older, kek, context, key)
    expect(both.versionOf(wrapped)).toBeUndefined()
    const mixed = [
      wrapped,
      await wrapOne(both, kek, context, key),
      Buffer.concat([wrapped.subarray(0, -1), Buffer.of((wrapped.at(-1) ?? 0) ^ 1)]),
    ]
    const outcomes = await both.unwrap(
      kek,
      mixed.map((bytes) => ({ context, wrapped: bytes })),
    )
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false])
    expect(await unwrapOne(both, kek, Buffer.from('other'), wrapped)).toEqual({
      ok: false,
      reason: 'INVALID',
    })
    const [moved] = await both.rewrap(kek, [{ context, wrapped }])
    if (moved?.ok !== true) throw new Error('not moved')
    expect(both.versionOf(moved.bytes)).toBeGreaterThan(0)
    expect(await unwrapOne(both, kek, context, moved.bytes)).toEqual({ ok: true, bytes: key })
    await Promise.all([older.close(), both.close()])
  })

  test('a move is refused between services that both need intermediate keys, or that are one', () => {
    const aws = { provider: 'aws-kms', region: 'eu-west-1' } as const
    const gcp = { provider: 'gcp-kms', keyRing: 'projects/p/locations/l/keyRings/r' } as const
    const store = {} as Parameters<typeof createKeyProvider>[1]
    for (const options of [
      { ...aws, previous: gcp },
      { ...local(), previous: local() },
    ] as KeyProviderOptions[])
      expect(() => createKeyProvider(options, store)).toThrow(
        expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
      )
  })

  test('a gateway goes from local keys to Vault and back, field bytes untouched, no value lost', async () => {
    const first = await createTestGateway({ keys: local() })
    closing.push(() => first.close())
    const admin = { roles: ['ADMIN'] }
    const query = '{ customers(first: 500) { nodes { id email income } } }'
    const create = async (gateway: TestGateway, prefix: string): Promise<void> => {
      const inputs = Array.from({ length: 50 }, (_, index) => ({
        fullName: prefix,
        email: `${prefix}${index}@example.com`,
        income: index,
      }))
      const mutation =
        'mutation ($inputs: [CustomerCreateInput!]!) { createCustomers(inputs: $inputs) { error { code } } }'
      expect((await gateway.ask(admin, mutation, { inputs })).errors).toEqual([])
    }
    const beside = async (options: TestGatewayOptions): Promise<TestGateway> => {
      const { uri, folder, database } = first
      const gateway = await createTestGateway({ uri, folder, database, ...options })
      closing.push(() => gateway.stop())
      return gateway
    }
    await create(first, 'local')
    const raw = await first.raw('customers').find().sort({ _id: 1 }).toArray()
    const moving = await beside({ keys: { ...vault(), previous: local() } })
    await create(moving, 'moving')
    const before = (await moving.ask(admin, query)).data

    const environment = {
      MONGODB_URI: first.uri,
      SEALGATE_DATABASE_NAME: first.database,
      SEALGATE_KEYS_DATABASE_NAME: `${first.database}_keys`,
      SEALGATE_DATA: data,
      SEALGATE_MASTER_KEY: masterKey,
      SEALGATE_VAULT_MOUNT: mountPath,
      VAULT_ADDR: sharedVault().address,
      VAULT_TOKEN: sharedVault().token,
    }
    expect(await runCli(['keys', 'migrate', '--to', 'vault'], environment)).toMatchObject({ status: 2 })

    // A gateway that was not told of Vault does not call the move done.
    const { storage, jobTools } = first.gateway
    const kek = { keyType: 'PII', purpose: 'REVEAL' } as const
    const id = await startJob(storage.jobStore, 'rewrap', { keks: [kek], keyService: 'vault' }, 'test')
    const job = await storage.jobStore.find(id)
    if (job === undefined) throw new Error('no job')
    await expect(tryJob(job, { store: storage.jobStore, tools: jobTools })).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
    })
    expect(await storage.jobStore.find(id)).toMatchObject({ state: 'waiting' })

    // A key type that a schema named before anything was written under it.
    const former = { keyType: 'FORMER', purpose: 'MASK' } as const
    await jobTools.provider.prepare([former])
    await verifyKeks(jobTools.provider, storage.keyStore, [former], 'full')

    for (const [to, from, alone] of [
      ['vault', 'local', vault()],
      ['local', 'vault', local()],
    ] as const) {
      const { status, json, stderr } = await runCliForJson(['keys', 'migrate', '--to', to], {
        ...environment,
        SEALGATE_KEYS: to,
        SEALGATE_PREVIOUS_KEYS: from,
      })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      for (const finding of json.findings as string[]) expect(finding).toContain(': 0 data keys left')
      const proof = createKeyProvider(alone)
      await proof.prepare([former])
      await verifyKeks(proof, storage.keyStore, [former], 'full')
      await proof.close()
      const after = await beside({ keys: alone })
      const { data: read, errors } = await after.ask(admin, query)
      expect(errors).toEqual([])
      expect(read).toEqual(before)
      await create(after, to)
      await first.raw('customers').deleteMany({
        _id: {
          $nin: (before as { customers: { nodes: { id: string }[] } }).customers.nodes.map(
            (node) => node.id,
          ) as never[],
        },
      })
    }
    const now = await first
      .raw('customers')
      .find({ _id: { $in: raw.map(({ _id }) => _id) } })
      .sort({ _id: 1 })
      .toArray()
    expect(now).toEqual(raw)
  }, 180_000)
})
