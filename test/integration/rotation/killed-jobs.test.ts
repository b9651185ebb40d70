import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Binary } from 'mongodb'

import { KeyRing } from '../../../src/crypto/key-ring.ts'
import type { Kek, KeyProvider, KeyPurpose } from '../../../src/crypto/key-provider.ts'
import type { KeyStore } from '../../../src/crypto/key-store.ts'
import { createKeyTuple, type KeyTuple } from '../../../src/crypto/key-tuple.ts'
import { verifyKeks } from '../../../src/crypto/verify-keks.ts'
import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { createKeyProvider } from '../../../src/kms/index.ts'
import { revokeKeys } from '../../../src/rotation/revoke-keys.ts'
import { neededKeks } from '../../../src/server/verified-keys.ts'
import { connectStorage, type Storage } from '../../../src/storage/connect-storage.ts'
import { buildDist } from '../../support/build-dist.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { startKeyJobProcess, type KeyJobProcess } from '../../support/key-job-process.ts'
import { readShippedPolicies } from '../../support/read-test-policies.ts'

const leaseMs = 600
/** How long `reindex` waits for this process, which asks for the key states before each write. */
const boundMs = 500
const database = 'killed'
/** More kills with SEALGATE_TEST_CRASH_ROUNDS. */
const kills = Number(process.env.SEALGATE_TEST_CRASH_ROUNDS ?? 6)

let folder: string
let server: MongodbServer
let storage: Storage
let provider: KeyProvider
let store: KeyStore
let gateway: TestGateway | undefined
let keks: readonly Kek[]

const tuplesOf = (subject: string): KeyTuple[] =>
  (['REVEAL', 'MASK'] as const satisfies readonly KeyPurpose[]).map((purpose) =>
    createKeyTuple({ tenant: 'acme', scope: 'SUBJECT', scopeId: subject }, 'PII', purpose),
  )

/** Every key ever handed out, as its ring gave it: what is stored must open to exactly these, for ever. */
const promised = new Map<KeyTuple, string>()

async function createKeysOf(subjects: readonly string[]): Promise<void> {
  const ring = new KeyRing({ store, provider })
  const lease = ring.openLease()
  const tuples = subjects.flatMap(tuplesOf)
  await lease.collectForWrite(tuples)
  for (const tuple of tuples) promised.set(tuple, lease.writeKey(tuple).keyId.toString('hex'))
  lease.release()
  ring.clear()
}

async function assertAllOpen(): Promise<void> {
  const lease = new KeyRing({ store, provider, maxKeys: 100_000 }).openLease()
  await lease.collectForRead([...promised].map(([tuple, keyId]) => ({ tuple, keyId })))
  for (const [tuple, keyId] of promised) {
    expect(lease.readKey(tuple, keyId).keyId.toString('hex')).toBe(keyId)
  }
  lease.release()
}

async function countByVersion(): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (let after: Buffer | undefined; ;) {
    const rows = await store.scan(after, 1_000)
    after = rows.at(-1)?.id
    if (after === undefined) return counts
    for (const { wrapped } of rows.flatMap(({ keys }) => keys)) {
      const version = provider.versionOf(wrapped) ?? 0
      counts[version] = (counts[version] ?? 0) + 1
    }
  }
}

const start = (kind: string): Promise<KeyJobProcess> =>
  startKeyJobProcess({ uri: server.uri, database, keysFolder: join(folder, 'keys'), kind, leaseMs, boundMs })

/** Kills processes that run a job, each at some instant, then lets one run to its end. */
async function killUntilDone(kind: string, longestMs = leaseMs + 400): Promise<KeyJobProcess> {
  for (let round = 0; round < kills; round += 1) {
    const { child, ended } = await start(kind)
    await Promise.race([ended, pause(randomInt(longestMs))])
    child.kill('SIGKILL')
    await ended
  }
  return start(kind)
}

beforeAll(async () => {
  await buildDist()
  folder = mkdtempSync(join(tmpdir(), 'sealgate-killed-'))
  server = await createMongodbServer({ folder: join(folder, 'database') })
  const policies = readShippedPolicies()
  keks = neededKeks(policies, 'full', false)
  storage = await connectStorage(policies, { uri: server.uri, database, keysDatabase: `${database}_keys` })
  store = storage.keyStore
  provider = createKeyProvider({
    provider: 'local',
    folder: join(folder, 'keys'),
    masterKey: { file: join(folder, 'master-key'), generate: true },
  })
  await provider.prepare(keks)
  await verifyKeks(provider, store, keks, 'full')
  for (let at = 0; at < 3_000; at += 500) {
    await createKeysOf(Array.from({ length: 500 }, (_, index) => `subject-${at + index}`))
  }
}, 180_000)

afterAll(async () => {
  await gateway?.stop()
  await provider.close()
  await storage.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

test('rotate, killed at any instant and asked again, makes one version and no more', async () => {
  const { ended, output } = await killUntilDone('rotate')
  expect({ status: await ended, output: output.text }).toMatchObject({ status: 0 })
  const finished = (await storage.jobStore.list({ limit: 100 })).filter(({ kind }) => kind === 'rotate')
  expect(finished.every(({ state }) => state === 'done')).toBe(true)
  for (const kek of keks) {
    expect(await provider.status(kek)).toMatchObject({ newest: 1 + finished.length, oldest: 1 })
  }
  await assertAllOpen()
}, 180_000)

test('rewrap, killed at any instant, beside writers: no key lost, none unreadable, none left behind', async () => {
  await Promise.all(keks.map((kek) => provider.rotate(kek)))
  const { newest } = await provider.status({ keyType: 'PII', purpose: 'REVEAL' })
  const writing = new AbortController()
  const writer = (async () => {
    for (let round = 0; !writing.signal.aborted; round += 1) {
      await createKeysOf(Array.from({ length: 20 }, (_, index) => `later-${round}-${index}`))
      await pause(20)
    }
  })()
  const { ended, output } = await killUntilDone('rewrap')
  expect({ status: await ended, output: output.text }).toMatchObject({ status: 0 })
  writing.abort()
  await writer
  expect(promised.size).toBeGreaterThan(6_000)
  expect(Object.keys(await countByVersion())).toEqual([String(newest)])
  await assertAllOpen()
  for (const kek of keks) await provider.trim(kek, newest)
  await verifyKeks(provider, store, keks, 'full')
  await assertAllOpen()
}, 180_000)

test('two processes that are asked for the same do it once, and both tell its end', async () => {
  await Promise.all(keks.map((kek) => provider.rotate(kek)))
  const both = await Promise.all([start('rewrap'), start('rewrap')])
  expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0])
  const jobs = both.map(({ output }) => JSON.parse(output.text.split('\n')[1] ?? '') as { id: string })
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(1)
  const { newest } = await provider.status({ keyType: 'PII', purpose: 'REVEAL' })
  expect(Object.keys(await countByVersion())).toEqual([String(newest)])
  await assertAllOpen()
}, 180_000)

test('reencrypt, killed at any instant, beside writers: no value lost, none unreadable, none left behind', async () => {
  const {
    ask,
    raw,
    gateway: running,
  } = (gateway = await createTestGateway({ uri: server.uri, folder, database }))
  const admin = { roles: ['ADMIN'] }
  const expected = new Map<string, string>()
  const create = async (prefix: string, count: number): Promise<void> => {
    const inputs = Array.from({ length: count }, (_, index) => ({
      fullName: `${prefix} ${index}`,
      email: `${prefix}${index}@example.com`,
      income: index,
    }))
    const { data, errors } = await ask(
      admin,
      'mutation ($inputs: [CustomerCreateInput!]!) { createCustomers(inputs: $inputs) { document { id email } } }',
      { inputs },
    )
    expect(errors).toEqual([])
    for (const { document } of data.createCustomers as { document: { id: string; email: string } }[]) {
      expected.set(document.id, document.email)
    }
  }
  for (let page = 0; page < 4; page += 1) await create(`page${page}x`, 250)
  const filter = { state: 'enabled' } as const
  const { changed } = await revokeKeys(
    { id: 'r', filter, to: 'compromised', reason: 'a test', startedBy: 'test' },
    running.jobTools,
  )
  expect(changed).toBeGreaterThan(2_000)
  running.keyRing.clear()
  const ending = new AbortController()
  const writer = (async () => {
    const ids = [...expected.keys()]
    for (let round = 0; !ending.signal.aborted; round += 1) {
      const id = ids[randomInt(ids.length)] ?? ''
      const email = `later${round}@example.com`
      const { errors } = await ask(
        admin,
        'mutation ($id: ID!, $email: String) { updateCustomer(id: $id, input: { email: $email }) { id } }',
        { id, email },
      )
      expect(errors).toEqual([])
      expected.set(id, email)
      await pause(10)
    }
  })()
  const { ended, output } = await killUntilDone('reencrypt')
  expect({ status: await ended, output: output.text }).toMatchObject({ status: 0 })
  ending.abort()
  await writer
  running.keyRing.clear()
  const compromised = new Set<string>()
  for (let after: Buffer | undefined; ;) {
    const rows = await store.scan(after, 1_000)
    after = rows.at(-1)?.id
    if (after === undefined) break
    for (const key of rows.flatMap(({ keys }) => keys)) {
      if (key.state === 'compromised') compromised.add(key.keyId.toString('hex'))
    }
  }
  const documents = await raw('customers').find().toArray()
  expect(documents).toHaveLength(expected.size)
  for (const document of documents) {
    for (const name of ['fullName', 'email', 'income'] as const) {
      const { c, m } = document[name] as { c: Binary; m: Record<string, Binary> }
      for (const { buffer } of [c, ...Object.values(m)]) {
        expect(compromised.has(Buffer.from(buffer).toString('hex', 2, 34))).toBe(false)
      }
    }
  }
  const query =
    '{ customers(first: 500, after: AFTER) { nodes { id email } pageInfo { endCursor hasNextPage } } }'
  const seen = new Map<string, string>()
  for (let cursor = 'null', more = true; more;) {
    const { data, errors } = await ask(admin, query.replace('AFTER', cursor))
    expect(errors).toEqual([])
    for (const { id, email } of data.customers.nodes as { id: string; email: string }[]) seen.set(id, email)
    const { endCursor, hasNextPage } = data.customers.pageInfo as { endCursor: string; hasNextPage: boolean }
    cursor = JSON.stringify(endCursor)
    more = hasNextPage
  }
  expect(seen).toEqual(expected)
}, 240_000)

test('reindex, killed at any instant, beside writers and searchers: nobody is missed, none has what another has', async () => {
  if (gateway === undefined) throw new Error('no gateway')
  const { ask, raw, gateway: running } = gateway
  const admin = { roles: ['ADMIN'] }
  const { data } = await ask(admin, '{ customers(first: 500) { nodes { id email } } }')
  const owners = new Map(
    (data.customers.nodes as { id: string; email: string }[]).map(({ id, email }) => [email, id]),
  )
  const find = async (email: string): Promise<string[]> => {
    const query = 'query ($email: String) { customers(filter: { email: { eq: $email } }) { nodes { id } } }'
    const found = await ask(admin, query, { email })
    expect(found.errors).toEqual([])
    return (found.data.customers.nodes as { id: string }[]).map(({ id }) => id)
  }
  const ending = new AbortController()
  const writer = (async () => {
    for (let round = 0; !ending.signal.aborted; round += 1) {
      running.keyRing.clear()
      const emails = [...owners.keys()]
      const [email, taken] = [emails[randomInt(emails.length)] ?? '', emails[randomInt(emails.length)] ?? '']
      const id = owners.get(email) ?? ''
      const change = (to: string) =>
        ask(
          admin,
          'mutation ($id: ID!, $email: String) { updateCustomer(id: $id, input: { email: $email }) { id } }',
          { id, email: to },
        )
      if (taken !== email) expect((await change(taken)).errors[0]?.extensions.code).toBe('CONFLICT')
      running.keyRing.clear()
      const next = `moved${round}@example.com`
      expect((await change(next)).errors).toEqual([])
      owners.delete(email)
      owners.set(next, id)
      running.keyRing.clear()
      expect([await find(email), await find(next), await find(taken)]).toEqual([
        [],
        [id],
        taken === email ? [] : [owners.get(taken)],
      ])
    }
  })()
  // Where the writer finds a fault, it is told below.
  writer.catch(() => undefined)
  const { ended, output } = await killUntilDone('reindex', 2_500)
  expect({ status: await ended, output: output.text }).toMatchObject({ status: 0 })
  ending.abort()
  await writer
  running.keyRing.clear()
  for (const [email, id] of owners) expect([email, await find(email)]).toEqual([email, [id]])
  const rows = await store.scan(undefined, 10_000)
  const [row] = rows.filter(({ holder }) => holder.scopeId === 'customers.email')
  const keys = row?.keys.filter(({ purpose }) => purpose === 'INDEX') ?? []
  const [current, ...others] = keys.filter(({ state }) => state !== 'destroyed')
  expect([current?.state, others, keys.length > 1]).toEqual(['enabled', [], true])
  expect(keys.filter(({ state }) => state === 'destroyed').every(({ wrapped }) => wrapped.length === 0)).toBe(
    true,
  )
  const slot = (current?.generation ?? 0) % 2 === 1 ? 't0' : 't1'
  for (const { email } of await raw('customers').find().toArray()) {
    const terms = Object.keys(email as object).filter((name) => name.startsWith('t'))
    expect(terms).toEqual([slot])
  }
}, 240_000)
