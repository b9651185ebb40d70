import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import type { AuditEntry } from '../../../src/audit/event.ts'
import { dayMs } from '../../../src/crypto/kek-age.ts'
import type { KeyProvider, KeyPurpose } from '../../../src/crypto/key-provider.ts'
import { verifyKeks } from '../../../src/crypto/verify-keks.ts'
import { createKeyProvider } from '../../../src/kms/index.ts'
import type { Job } from '../../../src/rotation/job.ts'
import { JobRun } from '../../../src/rotation/job-run.ts'
import { revokeKeys } from '../../../src/rotation/revoke-keys.ts'
import { startJob } from '../../../src/rotation/start-job.ts'
import { neededKeks } from '../../../src/server/verified-keys.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { createJobBench, type JobBench } from '../../support/key-job-tools.ts'

const admin = { roles: ['ADMIN'] }
const people = Array.from({ length: 40 }, (_, index) => ({
  fullName: `Person ${index}`,
  email: `person${index}@example.com`,
  country: 'ES',
  income: 1000 + index,
}))
const everyone = '{ customers(first: 100) { nodes { id email income } } }'

let gateway: TestGateway
let provider: KeyProvider
let bench: JobBench
let now: number
const entries: AuditEntry[] = []

const keks = () => neededKeks(gateway.gateway.policies, 'full', false)
const storedDocuments = async () =>
  JSON.stringify(await gateway.raw('customers').find().sort({ _id: 1 }).toArray())
const wrappedVersions = async (): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const row of await gateway.gateway.storage.keyStore.scan(undefined, 1_000)) {
    for (const { keyType, wrapped } of row.keys) {
      const name = `${keyType} ${provider.versionOf(wrapped) ?? 'none'}`
      counts[name] = (counts[name] ?? 0) + 1
    }
  }
  return counts
}

beforeEach(async () => {
  // What a gateway does is not looked at here; the jobs' events are.
  gateway = await createTestGateway({ audit: 'off' })
  const { errors } = await gateway.ask(
    admin,
    'mutation ($inputs: [CustomerCreateInput!]!) { createCustomers(inputs: $inputs) { error { code message } } }',
    { inputs: people },
  )
  expect(errors).toEqual([])
  const folder = `${gateway.folder}/keys`
  const masterKey = { file: `${gateway.folder}/master-key`, generate: false }
  provider = createKeyProvider({ provider: 'local', folder, masterKey })
  await provider.prepare(keks())
  now = Date.now()
  entries.length = 0
  const { keyStore, jobStore } = gateway.gateway.storage
  bench = createJobBench({
    keyStore,
    jobStore,
    provider,
    now: () => now,
    audit: {
      append: (entry) => {
        entries.push(entry)
        return Promise.resolve()
      },
    },
  })
})

afterEach(async () => {
  await provider.close()
  await gateway.close()
})

async function assertReadable(): Promise<void> {
  gateway.gateway.keyRing.clear()
  const { data, errors } = await gateway.ask(admin, everyone)
  expect(errors).toEqual([])
  const nodes = data.customers.nodes as { email: string; income: number }[]
  const seen = nodes.map(({ email, income }) => ({
    email,
    income,
  }))
  expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(
    new Set(people.map(({ email, income }) => JSON.stringify({ email, income }))),
  )
}

describe('rotate and rewrap', () => {
  test('rotate makes one version of each KEK, and touches neither data keys nor documents', async () => {
    const [documents, versions] = [await storedDocuments(), await wrappedVersions()]
    const job = await bench.run('rotate', { keks: keks() })
    expect(job).toMatchObject({ state: 'done', startedBy: 'test', failure: undefined })
    for (const kek of keks()) expect(await provider.status(kek)).toMatchObject({ newest: 2, oldest: 1 })
    expect(await wrappedVersions()).toEqual(versions)
    expect(await storedDocuments()).toBe(documents)
    expect(entries.flatMap((entry) => entry.events).map(({ outcome }) => outcome)).toEqual(
      keks().map(() => 'rotated'),
    )
    await assertReadable()
  })

  test('rewrap brings every data key and canary under the newest version, and not one byte of a document changes', async () => {
    const documents = await storedDocuments()
    await bench.run('rotate', { keks: keks() })
    const job = await bench.run('rewrap', { keks: keks() })
    expect(job.findings).toEqual(
      keks().map(({ keyType, purpose }) => `${keyType}/${purpose}: 0 data keys left under versions below 2`),
    )
    expect(Object.keys(await wrappedVersions()).sort()).toEqual(['FINANCIAL 2', 'PII 2'])
    expect(await storedDocuments()).toBe(documents)
    for (const kek of keks()) await provider.trim(kek, 2)
    await verifyKeks(provider, gateway.gateway.storage.keyStore, keks(), 'full')
    await assertReadable()
  })

  test('rewraps the keys of the named types alone', async () => {
    await bench.run('rotate', { keks: keks() })
    await bench.run('rewrap', { keks: keks().filter(({ keyType }) => keyType === 'FINANCIAL') })
    expect(Object.keys(await wrappedVersions()).sort()).toEqual(['FINANCIAL 2', 'PII 1'])
  })

  test('does nothing the second time', async () => {
    await bench.run('rotate', { keks: keks() })
    await bench.run('rewrap', { keks: keks() })
    const before = JSON.stringify(await gateway.rawKeys('datakeys').find().toArray())
    const again = await bench.run('rewrap', { keks: keks() })
    expect(again).toMatchObject({ state: 'done', progress: { counters: { rewrapped: 0 } } })
    expect(JSON.stringify(await gateway.rawKeys('datakeys').find().toArray())).toBe(before)
  })

  test('says that it failed while keys are left that do not open, and changes all others', async () => {
    const [row] = await gateway.gateway.storage.keyStore.scan(undefined, 1)
    const [key] = row?.keys ?? []
    if (row === undefined || key === undefined) throw new Error('no key')
    const path = `keys.${key.keyType}:${key.purpose}:1.wrapped`
    const altered = Buffer.from(key.wrapped)
    altered.writeUInt8(altered.readUInt8(20) ^ 1, 20)
    await gateway.rawKeys('datakeys').updateOne({ _id: row.id }, { $set: { [path]: altered } })
    await bench.run('rotate', { keks: keks() })
    const job = await bench.run('rewrap', { keks: keks() })
    expect(job).toMatchObject({
      state: 'failed',
      failure: '1 data keys do not open under their KEK, and stay as they are. Nothing may be trimmed.',
    })
    expect(job.findings.filter((line) => line.includes(' 1 data keys left'))).toHaveLength(1)
    const versions = await wrappedVersions()
    expect(versions[`${key.keyType} 1`]).toBe(1)
  })

  test('a key that was moved to another holder is not carried over', async () => {
    const [one, other] = await gateway.rawKeys('datakeys').find({ 'holder.scope': 'SUBJECT' }).toArray()
    await gateway.rawKeys('datakeys').updateOne({ _id: one?._id }, { $set: { holder: other?.holder } })
    await bench.run('rotate', { keks: keks() })
    const job = await bench.run('rewrap', { keks: keks() })
    expect(job.state).toBe('failed')
    expect(await gateway.rawKeys('datakeys').findOne({ _id: one?._id })).toMatchObject({ keys: one?.keys })
  })
})

describe('cleanup', () => {
  test('keeps versions for their days of grace, and says until when', async () => {
    await bench.run('rotate', { keks: keks() })
    await bench.run('rewrap', { keks: keks() })
    const job = await bench.run('cleanup', { keks: keks(), apply: true })
    expect(job.findings.every((line) => line.includes('30 days of grace'))).toBe(true)
    for (const kek of keks()) expect(await provider.status(kek)).toMatchObject({ oldest: 1 })
  })

  test('first only tells what it would destroy, then destroys it, and everything stays readable', async () => {
    await bench.run('rotate', { keks: keks() })
    await bench.run('rewrap', { keks: keks() })
    now += 31 * dayMs
    const dry = await bench.run('cleanup', { keks: keks(), apply: false })
    expect(dry.findings.every((line) => line.endsWith('they would be destroyed'))).toBe(true)
    for (const kek of keks()) expect(await provider.status(kek)).toMatchObject({ oldest: 1 })
    const job = await bench.run('cleanup', { keks: keks(), apply: true })
    expect(job.findings.every((line) => line.endsWith('they were destroyed'))).toBe(true)
    for (const kek of keks()) expect(await provider.status(kek)).toMatchObject({ oldest: 2 })
    await verifyKeks(provider, gateway.gateway.storage.keyStore, keks(), 'full')
    await assertReadable()
  })

  test('never destroys a version under which a single data key is left', async () => {
    await bench.run('rotate', { keks: keks() })
    await bench.run('rewrap', { keks: keks().filter(({ keyType }) => keyType === 'FINANCIAL') })
    now += 31 * dayMs
    const job = await bench.run('cleanup', { keks: keks(), apply: true })
    const left = job.findings.filter((line) => line.endsWith('they stay until a rewrap'))
    expect(left).toHaveLength(keks().filter(({ keyType }) => keyType === 'PII').length)
    for (const kek of keks()) {
      expect(await provider.status(kek)).toMatchObject({ oldest: kek.keyType === 'PII' ? 1 : 2 })
    }
    await assertReadable()
  })

  test('without grace it still waits until no writer can hold a key of the old version', async () => {
    await bench.run('rotate', { keks: keks() })
    await bench.run('rewrap', { keks: keks() })
    const options = { keks: keks(), apply: true, ignoreGrace: true }
    const young = await bench.run('cleanup', options)
    expect(young.findings.every((line) => /too young: try again in \d+ s$/.test(line))).toBe(true)
    now += 660_000
    const job = await bench.run('cleanup', options)
    expect(job.findings.every((line) => line.endsWith('they were destroyed'))).toBe(true)
  })
})

describe('leases', () => {
  const find = async (id: string): Promise<Job> => {
    const job = await gateway.gateway.storage.jobStore.find(id)
    if (job === undefined) throw new Error('no job')
    return job
  }
  const start = () => startJob(gateway.gateway.storage.jobStore, 'rewrap', { keks: keks() }, 'test')

  test('whoever asks for what is asked already gets that job', async () => {
    expect(await start()).toBe(await start())
  })

  test('of several that take a job at once one has it', async () => {
    const store = gateway.gateway.storage.jobStore
    const job = await find(await start())
    const taken = await Promise.all(
      ['a', 'b', 'c', 'd'].map((owner) => JobRun.take(job, { store, owner, leaseMs: 600 })),
    )
    expect(taken.filter((run) => run !== undefined)).toHaveLength(1)
    for (const run of taken) run?.stop()
  })

  test('a job whose owner beats is left to it; one whose owner was killed goes on from its checkpoint', async () => {
    const store = gateway.gateway.storage.jobStore
    const id = await start()
    const owner = await JobRun.take(await find(id), { store, owner: 'killed later', leaseMs: 600 })
    await owner?.save({ checkpoint: {}, counters: {}, phase: 'rewrap', at: 7, total: 9 }, 'now')
    const beats = [(await find(id)).lease?.beat]
    await new Promise((resolve) => setTimeout(resolve, 500))
    beats.push((await find(id)).lease?.beat)
    expect(beats[1]).toBeGreaterThan(beats[0] ?? 0)
    owner?.stop()
    const follower = bench.run('rewrap', { keks: keks() })
    expect(await follower).toMatchObject({ id, state: 'done' })
    await expect(
      owner?.save({ checkpoint: {}, counters: {}, phase: 'rewrap', at: 8, total: 9 }, 'now'),
    ).rejects.toThrow('Another process runs this job now.')
    expect(await find(id)).toMatchObject({ state: 'done', lease: undefined })
  })

  test('an interrupted job waits for the next process, and says why', async () => {
    const { jobStore } = gateway.gateway.storage
    const down = {
      ...bench.tools.provider,
      status: () => provider.status({ keyType: 'NONE', purpose: 'REVEAL' }),
    }
    const { keyStore } = gateway.gateway.storage
    const broken = createJobBench({ keyStore, jobStore, provider: down })
    await expect(broken.run('rewrap', { keks: keks() })).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
    const [job] = await jobStore.list({ waiting: true, limit: 1 })
    expect(job).toMatchObject({ state: 'waiting', lease: undefined })
    expect(job?.failure).toContain('not prepared')
    expect(await bench.run('rewrap', { keks: keks() })).toMatchObject({ id: job?.id, state: 'done' })
  })
})

describe('revoke', () => {
  const statesOf = async (purpose: KeyPurpose): Promise<Set<string>> => {
    const rows = await gateway.gateway.storage.keyStore.scan(undefined, 1_000)
    return new Set(
      rows.flatMap(({ keys }) => keys.filter((key) => key.purpose === purpose).map(({ state }) => state)),
    )
  }
  const revoke = (to: 'compromised' | 'disabled' | 'enabled', filter = { keyType: 'PII' }) =>
    revokeKeys({ id: 'r', filter, to, reason: 'a test', startedBy: 'test' }, bench.tools)

  test('compromised keys still read; writes take a new generation; INDEX keys are left as they are', async () => {
    const { changed, left } = await revoke('compromised')
    expect(changed).toBeGreaterThan(people.length)
    expect(left).toBeGreaterThan(0)
    expect(await statesOf('INDEX')).toEqual(new Set(['enabled']))
    await assertReadable()
    const { data } = await gateway.ask(admin, '{ customers(first: 1) { nodes { id } } }')
    const id = data.customers.nodes[0].id as string
    const changedName = await gateway.ask(
      admin,
      'mutation ($id: ID!) { updateCustomer(id: $id, input: { email: "new@example.com" }) { email } }',
      { id },
    )
    expect(changedName.errors).toEqual([])
    const rows = await gateway.gateway.storage.keyStore.scan(undefined, 1_000)
    const generations = rows.find(({ holder }) => holder.scopeId === id)?.keys.map((key) => key.generation)
    expect(generations).toContain(2)
    const events = entries.flatMap((entry) => entry.events)
    expect(events.length).toBeGreaterThan(0)
    expect(events.every(({ outcome, documents }) => outcome === 'revoked' && documents.length > 0)).toBe(true)
    expect(entries[0]?.requestId).toContain('a test')
  })

  test('disabled keys neither read nor write until they are enabled again', async () => {
    await revoke('disabled')
    gateway.gateway.keyRing.clear()
    const { errors } = await gateway.ask(admin, everyone)
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['KEY_UNAVAILABLE']))
    await revoke('enabled')
    await assertReadable()
    expect((await revoke('enabled')).changed).toBe(0)
  })
})

test('jobs are listed newest first', async () => {
  await bench.run('rotate', { keks: keks() })
  await bench.run('rewrap', { keks: keks() })
  const { jobStore } = gateway.gateway.storage
  expect((await jobStore.list({ limit: 10 })).map(({ kind }) => kind)).toEqual(['rewrap', 'rotate'])
  expect(await jobStore.list({ waiting: true, limit: 10 })).toEqual([])
  expect(mongoose.connections.length).toBeGreaterThan(0)
})
