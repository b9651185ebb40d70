import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, test } from '@jest/globals'

import type { KeyScope } from '../../../src/crypto/key-tuple.ts'
import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import type { Job } from '../../../src/rotation/job.ts'
import { revokeKeys } from '../../../src/rotation/revoke-keys.ts'
import { runJob } from '../../../src/rotation/run-job.ts'
import { startJob } from '../../../src/rotation/start-job.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'

const shipped = fileURLToPath(new URL('../../../schema', import.meta.url))
const admin = { roles: ['ADMIN', 'SUPPORT'] }
const people = Array.from({ length: 30 }, (_, index) => ({
  fullName: `Person ${index}`,
  email: `person${index}@example.com`,
  country: 'ES',
  income: 1_000 + index,
  cards: [
    { number: '4111111111111111', holder: `PERSON ${index}`, pin: '4821' },
    { number: '5555555555554444', holder: `PERSON ${index}` },
  ],
}))
const everyone = '{ customers(first: 100) { nodes { id email income cards { id number } } } }'

let folder: string
let server: MongodbServer
const closing: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealgate-reencrypt-'))
  server = await createMongodbServer({ folder: join(folder, 'database') })
})

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(schemaFolder = shipped): Promise<TestGateway> {
  const gateway = await createTestGateway({ uri: server.uri, folder, database: 'reencrypt', schemaFolder })
  closing.push(gateway.stop)
  return gateway
}

async function createPeople(gateway: TestGateway): Promise<void> {
  const { data, errors } = await gateway.ask(
    admin,
    'mutation ($inputs: [CustomerCreateInput!]!) { createCustomers(inputs: $inputs) { error { code message } } }',
    { inputs: people },
  )
  expect(errors).toEqual([])
  const outcomes = data.createCustomers as { error: unknown }[]
  expect(outcomes.filter(({ error }) => error !== null)).toEqual([])
}

async function reencrypt(
  { gateway }: TestGateway,
  keyTypes: readonly string[],
  former: { formerScope?: KeyScope; formerKeyType?: string } = {},
): Promise<Job> {
  const { jobStore } = gateway.storage
  const id = await startJob(jobStore, 'reencrypt', { keyTypes, ...former }, 'test')
  return runJob(id, { store: jobStore, tools: gateway.jobTools })
}

const revoke = ({ gateway }: TestGateway, keyType: string) =>
  revokeKeys(
    { id: 'r', filter: { keyType }, to: 'compromised', reason: 'a test', startedBy: 'test' },
    gateway.jobTools,
  )

/** Ids of the keys that ciphertexts and masks of the stored customers name. */
async function namedKeys(gateway: TestGateway): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const { _bsontype: type, buffer } = value as { _bsontype?: string; buffer?: Buffer }
    if (type === 'Binary' && buffer !== undefined) {
      if (buffer[0] === 1 && buffer.length > 50) found.add(Buffer.from(buffer).toString('hex', 2, 34))
    } else for (const inner of Object.values(value)) walk(inner)
  }
  walk(await gateway.raw('customers').find().toArray())
  return found
}

async function keyIdsIn(gateway: TestGateway, state: string): Promise<ReadonlySet<string>> {
  const rows = await gateway.gateway.storage.keyStore.scan(undefined, 1_000)
  const keys = rows.flatMap(({ keys: all }) => all.filter((key) => key.state === state))
  return new Set(keys.map(({ keyId }) => keyId.toString('hex')))
}

async function assertReadable(gateway: TestGateway): Promise<void> {
  gateway.gateway.keyRing.clear()
  const { data, errors } = await gateway.ask(admin, everyone)
  expect(errors).toEqual([])
  const nodes = data.customers.nodes as { email: string; income: number; cards: { number: string }[] }[]
  const seen = nodes.map(({ email, income, cards }) => [email, income, ...cards.map(({ number }) => number)])
  const expected = people.map(({ email, income, cards }) => [
    email,
    income,
    ...cards.map(({ number }) => number),
  ])
  expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(
    new Set(expected.map((one) => JSON.stringify(one))),
  )
}

test('values and masks leave a compromised key, in lists too, stay readable, found and masked', async () => {
  const gateway = await open()
  await createPeople(gateway)
  await revoke(gateway, 'PII')
  await revoke(gateway, 'FINANCIAL')
  const compromised = await keyIdsIn(gateway, 'compromised')
  expect([...(await namedKeys(gateway))].every((keyId) => compromised.has(keyId))).toBe(true)
  const job = await reencrypt(gateway, ['PII', 'FINANCIAL'])
  expect(job).toMatchObject({ state: 'done', failure: undefined })
  expect(job.findings).toContain('Customer: 0 values left under other keys than the current')
  expect([...(await namedKeys(gateway))].filter((keyId) => compromised.has(keyId))).toEqual([])
  await assertReadable(gateway)
  const found = await gateway.ask(
    admin,
    '{ customers(filter: { email: { eq: "PERSON7@example.com" } }) { nodes { fullName } } }',
  )
  expect(found.data.customers.nodes).toEqual([{ fullName: 'Person 7' }])
  const masked = await gateway.ask({ roles: ['ANALYST'] }, '{ customers(first: 1) { nodes { email } } }')
  expect(masked.errors).toEqual([])
  expect(masked.data.customers.nodes[0].email).toContain('*')
}, 60_000)

test('a writer who comes between is never undone', async () => {
  const gateway = await open()
  await createPeople(gateway)
  const { data } = await gateway.ask(admin, everyone)
  const ids = (data.customers.nodes as { id: string }[]).map(({ id }) => id)
  await revoke(gateway, 'PII')
  gateway.gateway.keyRing.clear()
  const written = new Map<string, string>()
  const ending = new AbortController()
  const writer = (async () => {
    for (let round = 0; !ending.signal.aborted; round += 1) {
      const id = ids[round % ids.length] ?? ''
      const email = `round${round}@example.com`
      const { errors } = await gateway.ask(
        admin,
        'mutation ($id: ID!, $email: String) { updateCustomer(id: $id, input: { email: $email }) { email } }',
        { id, email },
      )
      expect(errors).toEqual([])
      written.set(id, email)
    }
  })()
  const job = await reencrypt(gateway, ['PII'])
  ending.abort()
  await writer
  expect(job.state).toBe('done')
  gateway.gateway.keyRing.clear()
  const after = await gateway.ask(admin, everyone)
  expect(after.errors).toEqual([])
  for (const { id, email } of after.data.customers.nodes as { id: string; email: string }[]) {
    expect(email).toBe(written.get(id))
  }
}, 60_000)

test('what was altered in the database stays as it is, and the job says that it is left', async () => {
  const gateway = await open()
  await createPeople(gateway)
  const [one, other] = await gateway.raw('customers').find().sort({ _id: 1 }).toArray()
  await gateway
    .raw('customers')
    .updateOne({ _id: one?._id }, { $set: { 'email.c': (other?.email as { c: unknown }).c } })
  await revoke(gateway, 'PII')
  const job = await reencrypt(gateway, ['PII'])
  expect(job).toMatchObject({
    state: 'failed',
    failure: expect.stringContaining('1 values do not open') as unknown,
  })
  const stored = await gateway.raw('customers').findOne({ _id: one?._id })
  expect((stored?.email as { c: unknown }).c).toEqual((other?.email as { c: unknown }).c)
}, 60_000)

test('values move to the keys of a new scope', async () => {
  const before = await open()
  await createPeople(before)
  await before.gateway.close()
  closing.length = 0
  const schemaFolder = join(folder, 'schema')
  cpSync(shipped, schemaFolder, { recursive: true })
  const file = join(schemaFolder, 'customer.graphql')
  const sdl = readFileSync(file, 'utf8')
  const changed = sdl.replace(
    'income: Float\n    @encrypted(key: FINANCIAL',
    'income: Float\n    @encrypted(scope: TENANT, key: FINANCIAL',
  )
  expect(changed).not.toBe(sdl)
  writeFileSync(file, changed)
  const gateway = await open(schemaFolder)
  const lost = await gateway.ask(admin, everyone)
  expect(lost.errors.map(({ extensions }) => extensions.code)).toContain('DECRYPTION_FAILED')
  const job = await reencrypt(gateway, ['FINANCIAL'], { formerScope: 'SUBJECT' })
  expect(job.state).toBe('done')
  await assertReadable(gateway)
  const document = await gateway.raw('customers').findOne({})
  const { buffer } = (document?.income as { c: { buffer: Buffer } }).c
  expect(buffer[1]).toBe(2)
}, 60_000)
