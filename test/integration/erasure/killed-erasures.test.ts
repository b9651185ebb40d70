import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, beforeAll, expect, test } from '@jest/globals'

import { CanaryHunter } from '../../support/canaries.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { createErasureBench } from '../../support/erasure-bench.ts'
import { startKeyJobProcess } from '../../support/key-job-process.ts'

const leaseMs = 600
/** More kills with SEALGATE_TEST_CRASH_ROUNDS. */
const kills = Number(process.env.SEALGATE_TEST_CRASH_ROUNDS ?? 5)
const admin = { roles: ['ADMIN'] }
const items = 1_200
const canary = 'Quillfeather'

let gateway: TestGateway

async function run(query: string, variables?: Record<string, unknown>): Promise<any> {
  const { data, errors } = await gateway.ask(admin, query, variables)
  expect(errors).toEqual([])
  return data
}

async function createPerson(name: string, count: number): Promise<string> {
  const { created } = await run(
    'mutation ($input: CustomerCreateInput!) { created: createCustomer(input: $input) { id } }',
    { input: { fullName: name, email: `${name}@example.com`, since: '2020-01-01', address: { city: name } } },
  )
  const { id } = created as { id: string }
  for (let at = 0; at < count; at += 400) {
    const inputs = Array.from({ length: Math.min(400, count - at) }, (_, index) => ({
      customerId: id,
      placedAt: '2026-01-02T03:04:05Z',
      status: 'PAID',
      total: at + index,
      currency: 'EUR',
      deliveryNote: `${name} ${at + index}`,
    }))
    await run(
      'mutation ($inputs: [OrderCreateInput!]!) { createOrders(inputs: $inputs) { error { code } } }',
      { inputs },
    )
  }
  return id
}

beforeAll(async () => {
  gateway = await createTestGateway()
}, 180_000)

afterAll(async () => {
  await gateway.close()
})

test('an erasure, killed at any instant, beside writers: it ends, nothing is left, and others lose nothing', async () => {
  const [id, other] = [await createPerson(canary, items), await createPerson('Somebody', 50)]
  const parameters = { tenant: 'default', subject: id, apply: true }
  const { uri, database, folder } = gateway
  const keysFolder = join(folder, 'keys')
  const start = () => startKeyJobProcess({ uri, database, keysFolder, kind: 'erase', leaseMs, parameters })
  const ending = new AbortController()
  const refused = new Set<unknown>()
  let written = 0
  const write = async (subject: string): Promise<void> => {
    for (let round = 0; !ending.signal.aborted; round += 1) {
      const input = `{ customerId: "${subject}", placedAt: "2026-01-02T03:04:05Z", status: PAID, total: 1, currency: "EUR", deliveryNote: "late ${round}" }`
      const { errors } = await gateway.ask(admin, `mutation { createOrder(input: ${input}) { id } }`)
      // What this process knows of keys is as old as a whole bound; the jobs wait for 50 ms.
      gateway.gateway.keyRing.clear()
      if (subject === other) {
        expect(errors).toEqual([])
        written += 1
      } else for (const { extensions } of errors) refused.add(extensions.code)
      await pause(15)
    }
  }
  const writers = [write(id), write(other)]
  for (let round = 0; round < kills; round += 1) {
    const { child, ended } = await start()
    await Promise.race([ended, pause(randomInt(leaseMs + 300))])
    child.kill('SIGKILL')
    await ended
  }
  const { ended, output } = await start()
  expect({ status: await ended, output: output.text }).toMatchObject({ status: 0 })
  ending.abort()
  await Promise.all(writers)
  expect([...refused]).toEqual(['ERASED'])
  expect(await new CanaryHunter([canary]).findInDatabases(gateway.databases)).toEqual([])
  const orders = gateway.raw('orders')
  expect(await orders.countDocuments({ customerId: id })).toBeGreaterThanOrEqual(items)
  expect(await orders.countDocuments({ customerId: id, deliveryNote: { $ne: null } })).toBe(0)
  expect(await gateway.raw('customers').findOne({ _id: id as never })).toMatchObject({
    fullName: null,
    since: null,
    address: { city: null },
  })
  const { erasure } = createErasureBench(gateway)
  const entry = await erasure.ledger.find('default', id)
  const jobs = (await gateway.gateway.storage.jobStore.list({ limit: 100 })).filter(
    ({ kind }) => kind === 'erase',
  )
  expect(jobs.every(({ state }) => state === 'done')).toBe(true)
  expect(entry?.receipts.map(({ job }) => job).sort()).toEqual(jobs.map((job) => job.id).sort())
  const query = `{ customer(id: "${other}") { fullName orders { deliveryNote } } }`
  const { customer } = await run(query)
  expect(customer.fullName).toBe('Somebody')
  expect(customer.orders).toHaveLength(50 + written)
  const notes = (customer.orders as { deliveryNote: string | null }[]).map(({ deliveryNote }) => deliveryNote)
  expect(notes).not.toContain(null)
}, 240_000)
