import { afterEach, beforeEach, expect, test } from '@jest/globals'

import type { ErasureReceipt } from '../../../src/rotation/erasure/receipt.ts'
import { keyOfReceipt, verifyReceipt } from '../../../src/rotation/erasure/receipt-key.ts'
import type { Job } from '../../../src/rotation/job.ts'
import { CanaryHunter } from '../../support/canaries.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { createErasureBench, type ErasureBench } from '../../support/erasure-bench.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'

const admin = { roles: ['ADMIN'] }
const access = '@access(read: ["role:ADMIN"], write: ["role:ADMIN"])'
const sdl = `
type Person @model ${access} {
  id: ID!
  name: String! @personal
  handle: String! @encrypted(unique: true)
  nickname: String @masked(as: FULL, reveal: ["role:ADMIN"])
  score: Int @encrypted(scope: MODEL)
  study: String @encrypted @masked(as: HASH, reveal: ["role:ADMIN"])
  tags: [String!] @encrypted
  places: [Place!] @personal
  home: Place
  notes: [Note!]
  secret: Secret @access(read: ["role:ADMIN"])
  kept: Int
}
type Place @embedded { city: String! @personal code: String @encrypted }
type Note @embedded { text: String! @personal inner: [Note2!] size: Int }
type Note2 @embedded { deep: String @encrypted plain: Int }
type Secret @embedded { a: String b: String @encrypted }
type Session @model(erase: DELETE) ${access} {
  id: ID!
  person: ID! @subject
  device: String
  token: String @encrypted(scope: DOCUMENT, searchable: true)
}
`

let schema: SchemaFolder
let gateway: TestGateway
let bench: ErasureBench

async function create(type: string, input: object): Promise<string> {
  const query = `mutation ($input: ${type}CreateInput!) { created: create${type}(input: $input) { id } }`
  const { data, errors } = await gateway.ask(admin, query, { input })
  expect(errors).toEqual([])
  return (data.created as { id: string }).id
}

const person = {
  name: 'Canary Name',
  handle: 'canary-handle',
  nickname: 'Canary Nick',
  score: 7,
  study: 'canary-study',
  tags: ['canary-tag', 'b'],
  places: [{ city: 'Canary Place', code: 'x' }],
  home: { city: 'Canary Home', code: 'y' },
  notes: [
    { text: 'Canary Note', size: 3, inner: [{ deep: 'canary-deep', plain: 1 }, { plain: 2 }] },
    { text: 'Canary Other', size: 4 },
  ],
  secret: { a: 'Canary Secret', b: 'z' },
  kept: 42,
}
const hunter = new CanaryHunter(['Canary', 'canary', 'Left by another schema'])

async function receiptOf(job: Job): Promise<ErasureReceipt> {
  const { tenant, subject } = job.parameters as { tenant: string; subject: string }
  const text = (await bench.erasure.ledger.find(tenant, subject))?.receipts.at(-1)?.text ?? ''
  const key = (await bench.erasure.receiptKey?.publicKey(keyOfReceipt(text))) ?? {}
  return (await verifyReceipt(text, key)) as ErasureReceipt
}

beforeEach(async () => {
  schema = createSchemaFolder(sdl)
  gateway = await createTestGateway({ schemaFolder: schema.folder })
  bench = createErasureBench(gateway)
})

afterEach(async () => {
  await gateway.close()
  schema.remove()
})

test('every place of a person goes: lists, objects in objects, hidden objects, shared keys, and what no schema knows', async () => {
  const id = await create('Person', person)
  const document = await gateway.raw('people').findOne({ _id: id as never })
  const set = {
    former: 'Left by another schema',
    'notes.0.former': { text: 'Left by another schema' },
    'notes.1.inner': 'Left by another schema',
    home: 'Left by another schema',
  }
  expect(document).not.toBeNull()
  await gateway.raw('people').updateOne({ _id: id as never }, { $set: set })
  const receipt = await receiptOf(await bench.erase(id))
  expect(await hunter.findInDatabases(gateway.databases)).toEqual([])
  const stored = await gateway.raw('people').findOne({ _id: id as never })
  expect(stored).toMatchObject({
    name: null,
    handle: null,
    nickname: null,
    score: null,
    study: null,
    tags: null,
    places: null,
    home: null,
    secret: null,
    kept: 42,
    notes: [
      { text: null, size: 3, inner: [{ deep: null, plain: 1 }, { plain: 2 }] },
      { text: null, size: 4, inner: null },
    ],
  })
  expect(stored).not.toHaveProperty('former')
  expect(receipt.types[0]).toMatchObject({ type: 'Person', documents: 1 })
  expect(receipt.types[0]?.values).toEqual(
    expect.arrayContaining([
      { field: 'Person.*', count: 1 },
      { field: 'Note.*', count: 1 },
      { field: 'Note.text', count: 2 },
      { field: 'Note2.deep', count: 1 },
      { field: 'Secret.b', count: 1 },
    ]),
  )
  expect(receipt.remains.join('\n')).toMatch(
    /Index terms of Person\.handle [^]*Copies of Person\.score .*others share/,
  )
  const query = `{ person(id: "${id}") { kept score notes { size } tags secret { a } places { city } nickname } }`
  const { data, errors } = await gateway.ask(admin, query)
  expect(data.person).toEqual({
    kept: 42,
    score: null,
    notes: [{ size: 3 }, { size: 4 }],
    tags: null,
    secret: null,
    places: null,
    nickname: null,
  })
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['ERASED', 'ERASED', 'ERASED', 'ERASED'])
  for (const required of ['name', 'handle', 'notes { text }']) {
    const answer = await gateway.ask(admin, `{ person(id: "${id}") { id ${required} } }`)
    expect(new Set(answer.errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['ERASED']))
  }
  // The term of a unique value is free again, and that of nobody is no second one.
  const again = await create('Person', person)
  await bench.erase(again)
  await create('Person', person)
})

test('a model that deletes has no document left, nor a key of one', async () => {
  const id = await create('Person', person)
  const session = await create('Session', { person: id, device: 'Canary Phone', token: 'canary-token' })
  const other = await create('Session', { person: 'somebody', device: 'Phone', token: 'token' })
  const receipt = await receiptOf(await bench.erase(id))
  expect(receipt.types[1]).toEqual({
    type: 'Session',
    mode: 'DELETE',
    documents: 1,
    values: [{ field: 'Session.token', count: 1 }],
  })
  expect(await gateway.raw('sessions').countDocuments({})).toBe(1)
  const row = await gateway.rawKeys('datakeys').findOne({ 'holder.scopeId': `sessions/${session}` })
  expect(row).toMatchObject({ erased: true })
  expect(JSON.stringify(row?.keys)).toContain('"wrapped":""')
  const { data } = await gateway.ask(admin, `{ session(id: "${other}") { token } }`)
  expect(data.session).toEqual({ token: 'token' })
  expect(await hunter.findInDatabases(gateway.databases)).toEqual([])
})
