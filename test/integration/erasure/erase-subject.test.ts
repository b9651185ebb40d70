import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { JWK } from 'jose'
import type { Binary } from 'mongodb'
import mongoose from 'mongoose'

import type { ErasureReceipt } from '../../../src/rotation/erasure/receipt.ts'
import { keyOfReceipt, verifyReceipt } from '../../../src/rotation/erasure/receipt-key.ts'
import { replayErasures } from '../../../src/rotation/erasure/replay-erasures.ts'
import type { Job } from '../../../src/rotation/job.ts'
import { CanaryHunter } from '../../support/canaries.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { createErasureBench, type ErasureBench, newestOf } from '../../support/erasure-bench.ts'
import { readAudit } from '../../support/read-audit.ts'

const admin = { roles: ['ADMIN'] }
const canaries = {
  fullName: 'Zenobia Quarrington',
  email: 'zenobia.quarrington@example.com',
  nationalId: 'ZQX-77120-CANARY',
  number: '4539 1488 0343 6467',
  iban: 'ES9121000418450200051332',
  street: 'Calle Xylophonica 4711',
  city: 'Ciudad Canaria',
  note: 'Leave it with the marmot',
  item: 'The marmot is called Ulysses',
}

/** The same of somebody else: nothing of it is part of what a canary is. */
const otherwise = (value: string, mark: string): string => (mark === '' ? value : `${mark} ${value.length}`)

function person(mark = ''): Record<string, unknown> {
  return {
    fullName: otherwise(canaries.fullName, mark),
    email: mark === '' ? canaries.email : `${mark}@example.com`,
    nationalId: otherwise(canaries.nationalId, mark),
    income: 71_234.5,
    segment: 'RETAIL',
    country: 'ES',
    since: '2020-02-03',
    address: {
      street: otherwise(canaries.street, mark),
      city: otherwise(canaries.city, mark),
      postalCode: '08001',
      country: 'ES',
    },
    cards: [
      { number: canaries.number, holder: otherwise(canaries.fullName, mark), expiry: '09/29', pin: '4711' },
    ],
    bankAccounts: mark === '' ? [{ cuentaNumero: canaries.iban, bank: 'Banco' }] : [],
  }
}

interface Sealed {
  readonly c: Binary
  readonly m?: Readonly<Record<string, Binary>>
  readonly t0?: Binary
}

const isSealed = (value: unknown): value is Sealed =>
  typeof value === 'object' && value !== null && 'c' in value
const hexOf = ({ buffer }: Binary): string => Buffer.from(buffer).toString('hex')

const read = (id: string): string => `{
  customer(id: "${id}") {
    id fullName email income segment country since
    address { street city country } bankAccounts { bank } orders { nodes: id total deliveryNote }
  }
}`

const services = (process.env.SEALGATE_TEST_SERVICES ?? '').split(',')
const servers: readonly (readonly [name: string, uri: string | undefined])[] = [
  ['the embedded database', undefined],
  ...(services.includes('mongodb')
    ? [['MongoDB', process.env.SEALGATE_TEST_MONGODB_URI ?? 'mongodb://unnamed.invalid'] as const]
    : []),
]

let gateway: TestGateway
let bench: ErasureBench

async function run(query: string, variables?: Record<string, unknown>): Promise<any> {
  const { data, errors } = await gateway.ask(admin, query, variables)
  expect(errors).toEqual([])
  return data
}

/** Somebody with an order and an item. @returns the id */
async function createPerson(mark = ''): Promise<string> {
  const { created } = await run(
    'mutation ($input: CustomerCreateInput!) { created: createCustomer(input: $input) { id } }',
    { input: person(mark) },
  )
  const { id } = created as { id: string }
  await run(
    'mutation ($order: OrderCreateInput!, $item: SensitiveItemCreateInput!) { createOrder(input: $order) { id } createSensitiveItem(input: $item) { id } }',
    {
      order: {
        customerId: id,
        placedAt: '2026-01-02T03:04:05Z',
        status: 'PAID',
        total: 12.5,
        currency: 'EUR',
        deliveryNote: otherwise(canaries.note, mark),
      },
      item: { owner: id, dataType: 'note', value: otherwise(canaries.item, mark) },
    },
  )
  return id
}

async function receiptOf(job: Job): Promise<{ text: string; receipt: ErasureReceipt; key: JWK }> {
  const { tenant, subject } = job.parameters as { tenant: string; subject: string }
  const entry = await bench.erasure.ledger.find(tenant, subject)
  const text = entry?.receipts.find((one) => one.job === job.id)?.text ?? ''
  const key = (await bench.erasure.receiptKey?.publicKey(keyOfReceipt(text))) ?? {}
  return { text, receipt: (await verifyReceipt(text, key)) as ErasureReceipt, key }
}

describe.each(servers)('on %s', (_name, uri) => {
  beforeEach(async () => {
    gateway = await createTestGateway(uri === undefined ? {} : { uri })
    bench = createErasureBench(gateway)
  })

  afterEach(async () => {
    await gateway.close()
  })

  describe('the erasure of a subject', () => {
    test('takes every value, term and mask of it from both databases, and nothing of others', async () => {
      const [id, other] = [await createPerson(), await createPerson('other')]
      const hunter = new CanaryHunter(Object.values(canaries))
      const before = await gateway.raw('customers').findOne({ _id: id as never })
      const sealed = Object.values({ ...before }).filter(isSealed)
      const ciphertexts = sealed.flatMap(({ c, m = {}, t0 }) =>
        [c, t0, ...Object.values(m)].flatMap((value) => (value === undefined ? [] : hexOf(value))),
      )
      const othersBefore = JSON.stringify(await gateway.raw('customers').findOne({ _id: other as never }))
      const job = await bench.erase(id)
      expect(job).toMatchObject({ state: 'done', failure: undefined })
      expect(job.findings).toEqual([
        'Customer: 1 documents redacted, with 13 values',
        'Order: 1 documents redacted, with 1 values',
        'SensitiveItem: 1 documents redacted, with 1 values',
        expect.stringMatching(/^[4-9] data keys destroyed$/),
        '0 documents left',
      ])
      const bytes = (
        await Promise.all(
          gateway.databases.map(async (database) => {
            const names = (await database.listCollections().toArray()).map(({ name }) => name)
            const all = await Promise.all(names.map((name) => database.collection(name).find().toArray()))
            return all
              .flat()
              .map((document) => Buffer.from(mongoose.mongo.BSON.serialize(document)).toString('hex'))
          }),
        )
      )
        .flat()
        .join()
      expect(sealed.filter(({ t0 }) => t0 !== undefined)).toHaveLength(2)
      expect(ciphertexts.length).toBeGreaterThanOrEqual(10)
      for (const stored of ciphertexts) expect(bytes.includes(stored)).toBe(false)
      expect(await hunter.findInDatabases(gateway.databases)).toEqual([])
      expect(JSON.stringify(await gateway.raw('customers').findOne({ _id: other as never }))).toBe(
        othersBefore,
      )
      const { customer } = await run(read(other))
      expect(customer).toMatchObject({ fullName: otherwise(canaries.fullName, 'other'), since: '2020-02-03' })
      const rows = await gateway.rawKeys('datakeys').find({ 'holder.scopeId': id }).toArray()
      expect(rows).toHaveLength(1)
      for (const { wrapped, state } of Object.values(
        rows[0]?.keys as Record<string, { wrapped: Binary; state: string }>,
      )) {
        expect({ length: wrapped.length(), state }).toEqual({ length: 0, state: 'destroyed' })
      }
    })

    test('leaves a document that says ERASED of what went, shows the rest, and can be neither found nor changed', async () => {
      const id = await createPerson()
      await bench.erase(id)
      const { data, errors } = await gateway.ask(admin, read(id))
      expect(data.customer).toMatchObject({
        id,
        fullName: null,
        email: null,
        income: null,
        segment: 'RETAIL',
        country: 'ES',
        since: null,
        address: { street: null, city: null, country: 'ES' },
        bankAccounts: [{ bank: 'Banco' }],
        orders: [{ total: 12.5, deliveryNote: null }],
      })
      expect(errors.map(({ extensions }) => [extensions.coordinate, extensions.code])).toEqual(
        expect.arrayContaining([
          ['Customer.fullName', 'ERASED'],
          ['Address.street', 'ERASED'],
          ['Order.deliveryNote', 'ERASED'],
        ]),
      )
      expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['ERASED']))
      const found = await run(
        `{ customers(filter: { email: { eq: "${canaries.email}" } }) { nodes { id } } }`,
      )
      expect(found.customers.nodes).toEqual([])
      const outcomes = (await readAudit(gateway)).map(({ outcome }) => outcome)
      expect(outcomes).toContain('erased')
      expect(outcomes).not.toContain('failed')
      for (const write of [
        `mutation { updateCustomer(id: "${id}", input: { fullName: "Back" }) { id } }`,
        `mutation { updateCustomer(id: "${id}", input: { country: "FR" }) { id } }`,
        `mutation { createOrder(input: { customerId: "${id}", placedAt: "2026-01-02T03:04:05Z", status: PAID, total: 1, currency: "EUR" }) { id } }`,
        `mutation { createSensitiveItem(input: { owner: "${id}", dataType: "note", value: "x" }) { id } }`,
      ]) {
        const answer = await gateway.ask(admin, write)
        expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['ERASED'])
      }
      const order = { placedAt: '2026-01-02T03:04:05Z', status: 'PAID', total: 1, currency: 'EUR' }
      const batch = await run(
        'mutation ($inputs: [OrderCreateInput!]!) { createOrders(inputs: $inputs) { document { deliveryNote } error { code } } }',
        {
          inputs: [
            { ...order, customerId: id, deliveryNote: 'a' },
            { ...order, customerId: 'somebody', deliveryNote: 'b' },
            { ...order, customerId: id },
          ],
        },
      )
      expect(batch.createOrders).toEqual([
        { document: null, error: { code: 'ERASED' } },
        { document: { deliveryNote: 'b' }, error: null },
        { document: null, error: { code: 'ERASED' } },
      ])
      const again = await run(
        'mutation ($input: CustomerCreateInput!) { created: createCustomer(input: $input) { email } }',
        { input: person() },
      )
      expect(again.created.email).toBe(canaries.email)
    })

    test('answers null with ERASED where the field is required, or its list needs every item', async () => {
      const id = await createPerson()
      await bench.erase(id)
      const { data, errors } = await gateway.ask(
        admin,
        `{ customer(id: "${id}") { country cards { number } } sensitiveItems { nodes { dataType value } } }`,
      )
      expect(data.customer).toEqual({ country: 'ES', cards: null })
      expect(errors.map(({ path, extensions }) => [path?.join('.'), extensions.code])).toEqual(
        expect.arrayContaining([
          ['customer.cards.0.number', 'ERASED'],
          ['sensitiveItems.nodes.0.value', 'ERASED'],
        ]),
      )
      expect(errors.every(({ extensions }) => extensions.code === 'ERASED')).toBe(true)
    })

    test('changes nothing in a dry run, and tells what it would take', async () => {
      const id = await createPerson()
      const dump = async (): Promise<string> => {
        const parts = [
          await gateway.raw('customers').find().toArray(),
          await gateway.raw('orders').find().toArray(),
          await gateway.rawKeys('datakeys').find().toArray(),
          await gateway.rawKeys('erasures').find().toArray(),
          await gateway.rawKeys('epochs').find().toArray(),
        ]
        return JSON.stringify(parts)
      }
      const before = await dump()
      const job = await bench.erase(id, false)
      expect(job.findings).toEqual([
        'Customer: 1 documents to be redacted, with 13 values',
        'Order: 1 documents to be redacted, with 1 values',
        'SensitiveItem: 1 documents to be redacted, with 1 values',
      ])
      expect(await dump()).toBe(before)
      expect((await run(read(id))).customer.fullName).toBe(canaries.fullName)
    })

    test('is done again without harm, and for somebody of whom there is nothing', async () => {
      const id = await createPerson()
      const first = await receiptOf(await bench.erase(id))
      const second = await receiptOf(await bench.erase(id))
      expect(second.receipt.erasedAt).toBe(first.receipt.erasedAt)
      expect(second.receipt.dataKeysDestroyed).toBe(0)
      const nobody = await receiptOf(await bench.erase('nobody'))
      expect(nobody.receipt).toMatchObject({ subject: 'nobody', dataKeysDestroyed: 0, left: 0 })
      const write =
        'mutation { createSensitiveItem(input: { owner: "nobody", dataType: "x", value: "x" }) { id } }'
      expect((await gateway.ask(admin, write)).errors[0]?.extensions.code).toBe('ERASED')
    })
  })

  describe('beside an erasure', () => {
    test('re-encryption goes on with everybody else, also in one page with whom is being erased', async () => {
      const [id] = [await createPerson(), await createPerson('other')]
      await bench.keyStore.closeRow({ tenant: 'default', scope: 'SUBJECT', scopeId: id })
      gateway.gateway.keyRing.clear()
      const customers = gateway.gateway.jobTools.collections.find(({ name }) => name === 'Customer')
      const page = (await customers?.read(undefined, 10)) ?? []
      expect(page).toHaveLength(2)
      const request = { keyTypes: new Set(['PII']), formerScope: undefined, formerKeyType: undefined }
      expect(await customers?.reencrypt(page, { ...request, apply: true })).toEqual({
        stale: 0,
        failed: 0,
        unavailable: 0,
        changed: 0,
        contested: 0,
      })
    })

    test('nobody reads by a key of whom is being erased, whatever was in memory', async () => {
      const id = await createPerson()
      await run(read(id))
      await bench.keyStore.closeRow({ tenant: 'default', scope: 'SUBJECT', scopeId: id })
      gateway.gateway.keyRing.clear()
      const { data, errors } = await gateway.ask(admin, read(id))
      expect(data.customer).toMatchObject({ fullName: null, income: null, country: 'ES' })
      expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['ERASED']))
      expect((await readAudit(gateway)).map(({ outcome }) => outcome)).not.toContain('failed')
    })
  })

  describe('a receipt', () => {
    test('states what was taken, by which day backups have nothing, and what can still be confirmed', async () => {
      const days = { documents: 35, keysDatabase: 14, keyService: 7 }
      bench = createErasureBench(gateway, days)
      const { receipt } = await receiptOf(await bench.erase(await createPerson()))
      const day = (from: Date | string, days: number): string =>
        new Date(new Date(from).getTime() + days * 86_400_000).toISOString().slice(0, 10)
      const made = await newestOf(gateway)
      expect(receipt.types[0]).toMatchObject({ type: 'Customer', mode: 'REDACT', documents: 1 })
      expect(receipt.types[0]?.values).toEqual(
        expect.arrayContaining(
          ['Customer.email', 'Card.number', 'Address.city'].map((field) => ({ field, count: 1 })),
        ),
      )
      expect(receipt.backups).toEqual({
        encryptedIrrecoverableBy: day(receipt.erasedAt, 15),
        otherIrrecoverableBy: day(receipt.issuedAt, 36),
        copies: {
          keysDatabaseUntil: day(receipt.erasedAt, 15),
          // PII is rotated after 180 days, with 30 of grace, a day between telling and doing, and the snapshots' 7.
          keyServiceUntil: day(made, 180 + 30 + 1 + 7 + 1),
          documentsUntil: day(receipt.issuedAt, 36),
        },
      })
      expect(receipt.remains.join('\n')).toMatch(
        /Index terms of Customer\.email, Customer\.nationalId [^]* in clear: until/,
      )
    })

    test('says so where an installation has not stated how long backups are kept', async () => {
      const { receipt } = await receiptOf(await bench.erase(await createPerson()))
      const notStated = 'not stated by this installation'
      expect(receipt.backups).toEqual({
        encryptedIrrecoverableBy: notStated,
        otherIrrecoverableBy: notStated,
        copies: { keysDatabaseUntil: notStated, keyServiceUntil: notStated, documentsUntil: notStated },
      })
    })

    test('verifies by the public key alone, and not with any other byte or key', async () => {
      const { text, key } = await receiptOf(await bench.erase(await createPerson()))
      for (let at = 0; at < text.length; at += 7) {
        const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
        await expect(verifyReceipt(changed, key)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
      }
      const last = text.slice(0, -1) + (text.endsWith('A') ? 'B' : 'A')
      await expect(verifyReceipt(last, key)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
      const { generateKeyPair, exportJWK } = await import('jose')
      const { publicKey } = await generateKeyPair('EdDSA')
      await expect(verifyReceipt(text, await exportJWK(publicKey))).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
      })
      await expect(verifyReceipt(`${text}.`, key)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
    })
  })

  describe('the ledger', () => {
    test('is replayed before a gateway serves what a backup of the documents brought back', async () => {
      const [id, other] = [await createPerson(), await createPerson('other')]
      const names = ['customers', 'orders', 'sensitiveItems']
      const backup = await Promise.all(names.map((name) => gateway.raw(name).find().toArray()))
      const keys = await gateway.rawKeys('datakeys').find({ 'holder.scopeId': id }).toArray()
      await bench.erase(id)
      for (const [index, name] of names.entries()) {
        await gateway.raw(name).deleteMany({})
        await gateway.raw(name).insertMany(backup[index] ?? [])
      }
      await gateway.rawKeys('datakeys').deleteMany({ 'holder.scopeId': id })
      await gateway.rawKeys('datakeys').insertMany(keys)
      const hunter = new CanaryHunter([canaries.city])
      expect(await hunter.findInDatabases(gateway.databases)).toEqual([canaries.city])
      const { uri, folder, database } = gateway
      const restarted = await createTestGateway({ uri, folder, database })
      expect(restarted.logs.join()).toContain('are erased again')
      const stored = await restarted.raw('customers').findOne({ _id: id as never })
      expect(stored).toMatchObject({ email: null, address: { city: null } })
      expect(await restarted.raw('orders').findOne({ customerId: id })).toMatchObject({ deliveryNote: null })
      expect((await run(read(other))).customer.address.city).toBe(otherwise(canaries.city, 'other'))
      const [row] = await restarted.rawKeys('datakeys').find({ 'holder.scopeId': id }).toArray()
      expect(row).toMatchObject({ closing: true, erased: true })
      await restarted.stop()
      const { erasure, keyStore } = bench
      expect(await replayErasures({ ...erasure, keyStore })).toBe(0)
    })
  })
})
