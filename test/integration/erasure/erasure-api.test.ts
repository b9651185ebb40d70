import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { JWK } from 'jose'

import { verifyReceipt } from '../../../src/rotation/erasure/receipt-key.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'

const admin = { id: 'dora', roles: ['ADMIN'] }
let gateways: readonly [TestGateway, TestGateway]

async function ask(query: string, at = 0): Promise<any> {
  const { data, errors } = await (gateways[at] ?? gateways[0]).ask(admin, query)
  expect(errors).toEqual([])
  return data
}

async function ended(mutation: string): Promise<Record<string, unknown>> {
  const { job } = await ask(`mutation { job: ${mutation} { id } }`)
  const { id } = job as { id: string }
  for (;;) {
    const { keyJob } = await ask(`{ keyJob(id: "${id}") { id kind state findings failure startedBy } }`)
    if ((keyJob as { state: string }).state !== 'WAITING') return keyJob as Record<string, unknown>
    await pause(200)
  }
}

beforeAll(async () => {
  const one = await createTestGateway({ keySchedule: 'on' })
  const { uri, folder, database } = one
  gateways = [one, await createTestGateway({ uri, folder, database, keySchedule: 'off' })]
}, 60_000)

afterAll(async () => {
  await gateways[1].stop()
  await gateways[0].close()
})

test('is for the rule of the configuration alone', async () => {
  for (const operation of [
    'mutation { eraseSubject(subject: "x", apply: true) { id } }',
    'mutation { eraseOldDocuments { id } }',
    '{ eraseReceipt(job: "x") { receipt } }',
  ]) {
    for (const viewer of [undefined, { roles: ['SUPPORT'] }, { subject: 'x' }]) {
      const { errors } = await gateways[0].ask(viewer, operation)
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
    }
  }
  const { errors } = await gateways[0].ask(admin, 'mutation { eraseSubject(subject: "") { id } }')
  expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', inputPath: 'subject' })
})

test('erases by one gateway what another goes on writing, which stops when it has learnt of it', async () => {
  const { created } = await ask(
    'mutation { created: createCustomer(input: { fullName: "Ines", country: "ES" }) { id } }',
    1,
  )
  const { id } = created as { id: string }
  expect((await ended(`eraseSubject(subject: "${id}")`)).findings).toContain(
    'Customer: 1 documents to be redacted, with 1 values',
  )
  const writing = new AbortController()
  const codes: string[] = []
  const writer = (async () => {
    for (let round = 0; !writing.signal.aborted; round += 1) {
      const { errors } = await gateways[1].ask(
        admin,
        `mutation { createSensitiveItem(input: { owner: "${id}", dataType: "note", value: "item ${round}" }) { id } }`,
      )
      codes.push((errors[0]?.extensions.code as string | undefined) ?? 'stored')
      await pause(50)
    }
  })()
  const job = await ended(`eraseSubject(subject: "${id}", apply: true)`)
  writing.abort()
  await writer
  expect(job).toMatchObject({ kind: 'erase', state: 'DONE', startedBy: 'dora', failure: null })
  const turned = codes.indexOf('ERASED')
  expect(turned).toBeGreaterThan(0)
  expect(new Set(codes.slice(0, turned))).toEqual(new Set(['stored']))
  expect(new Set(codes.slice(turned))).toEqual(new Set(['ERASED']))
  const left = { owner: id, value: { $ne: null } }
  expect(await gateways[0].raw('sensitiveItems').countDocuments(left)).toBe(0)
  expect(await gateways[0].raw('sensitiveItems').countDocuments({ owner: id })).toBe(turned)
  const { eraseReceipt } = await ask(
    `{ eraseReceipt(job: "${String(job.id)}") { receipt statement publicKey } }`,
  )
  const { receipt, statement, publicKey } = eraseReceipt as {
    receipt: string
    statement: object
    publicKey: JWK
  }
  expect(await verifyReceipt(receipt, publicKey)).toEqual(statement)
  expect(statement).toMatchObject({ subject: id, tenant: 'default', left: 0 })
  expect(publicKey).not.toHaveProperty('d')
  expect((await ask('{ eraseReceipt(job: "none") { receipt } }')).eraseReceipt).toBeNull()
}, 120_000)

test('reaches no other tenant than the one that is named', async () => {
  const other = { ...admin, tenant: 'other' }
  const create =
    'mutation { created: createSensitiveItem(input: { owner: "shared-id", dataType: "note", value: "x" }) { id } }'
  for (const viewer of [admin, other]) expect((await gateways[0].ask(viewer, create)).errors).toEqual([])
  expect(await ended('eraseSubject(subject: "shared-id", apply: true)')).toMatchObject({ state: 'DONE' })
  const read = '{ sensitiveItems(filter: { owner: { eq: "shared-id" } }) { nodes { value } } }'
  expect((await gateways[0].ask(other, read)).data.sensitiveItems.nodes).toEqual([{ value: 'x' }])
  expect((await gateways[0].ask(other, create)).errors).toEqual([])
  expect((await gateways[0].ask(admin, read)).errors[0]?.extensions.code).toBe('ERASED')
}, 120_000)
