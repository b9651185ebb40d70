import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Binary } from 'mongodb'

import { createJobBench } from '../../support/key-job-tools.ts'
import {
  createTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/create-test-gateway.ts'

const admin = { roles: ['ADMIN'] }
const everyone = '{ customers { nodes { id email phone income } } }'
let first: TestGateway
let others: TestGateway[] = []
let before: unknown

/** Another gateway on the same database and keys. */
async function beside(options: TestGatewayOptions): Promise<TestGateway> {
  const { uri, folder, database } = first
  const gateway = await createTestGateway({ uri, folder, database, ...options })
  others.push(gateway)
  return gateway
}

interface StoredForm {
  readonly suite: number
  readonly length: number
}

/** Suite and length of every stored form, masks among them. */
async function storedForms(): Promise<StoredForm[]> {
  const documents = await first.raw('customers').find().toArray()
  return documents.flatMap((document) =>
    ['fullName', 'email', 'phone', 'income'].flatMap((name) => {
      const { c, m = {} } = document[name] as { c: Binary; m?: Record<string, Binary> }
      return [c, ...Object.values(m)].map(({ buffer }) => ({ suite: buffer[1] ?? 0, length: buffer.length }))
    }),
  )
}

async function reencrypt(gateway: TestGateway): Promise<void> {
  const { storage, jobTools } = gateway.gateway
  const bench = createJobBench({ ...jobTools, jobStore: storage.jobStore })
  expect(await bench.run('reencrypt', { keyTypes: ['PII', 'FINANCIAL'] })).toMatchObject({ state: 'done' })
}

beforeAll(async () => {
  first = await createTestGateway()
  const inputs = Array.from({ length: 10 }, (_, index) => ({
    fullName: `Person ${index}`,
    email: `person${index}@example.com`,
    phone: `+1555010${4000 + index}`,
    income: index * 1_000,
  }))
  const mutation =
    'mutation ($inputs: [CustomerCreateInput!]!) { createCustomers(inputs: $inputs) { error { code } } }'
  expect((await first.ask(admin, mutation, { inputs })).errors).toEqual([])
  before = (await first.ask(admin, everyone)).data
})

afterAll(async () => {
  for (const gateway of others) await gateway.stop()
  others = []
  await first.close()
})

test('values go from AES-256-GCM to ChaCha20-Poly1305 and back by re-encryption, and read the same on every gateway', async () => {
  expect(new Set((await storedForms()).map(({ suite }) => suite))).toEqual(new Set([1]))
  const other = await beside({ cipher: 'chacha20-poly1305' })
  expect((await other.ask(admin, everyone)).data).toEqual(before)
  await reencrypt(other)
  expect(new Set((await storedForms()).map(({ suite }) => suite))).toEqual(new Set([3]))
  for (const gateway of [first, other]) expect((await gateway.ask(admin, everyone)).data).toEqual(before)
  const found = await first.ask(
    admin,
    '{ customers(filter: { email: { eq: "person3@example.com" } }) { nodes { email } } }',
  )
  expect(found.data.customers.nodes).toEqual([{ email: 'person3@example.com' }])
  await reencrypt(first)
  expect(new Set((await storedForms()).map(({ suite }) => suite))).toEqual(new Set([1]))
  for (const gateway of [first, other]) expect((await gateway.ask(admin, everyone)).data).toEqual(before)
}, 90_000)

test('the mode security stores short values of 256 bytes, which the others read', async () => {
  const secure = await beside({ performance: 'security' })
  const { data, errors } = await secure.ask(
    admin,
    'mutation { createCustomer(input: { fullName: "Wide", email: "wide@example.com", phone: "+34600000000", income: 1 }) { id } }',
  )
  expect(errors).toEqual([])
  const lengths = (await storedForms()).map(({ length }) => length)
  expect(new Set(lengths).size).toBe(2)
  expect(Math.max(...lengths) - Math.min(...lengths)).toBe(256 - 64)
  const { id } = data.createCustomer as { id: string }
  const read = await first.ask(admin, `{ customer(id: "${id}") { fullName email } }`)
  expect(read.data.customer).toEqual({ fullName: 'Wide', email: 'wide@example.com' })
})
