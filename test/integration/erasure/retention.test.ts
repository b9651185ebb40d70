import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'

import { findDueRetention } from '../../../src/rotation/erasure/due-retention.ts'
import { retentionRules } from '../../../src/rotation/erasure/retain-documents.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { createErasureBench, type ErasureBench } from '../../support/erasure-bench.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'

const dayMs = 86_400_000
const admin = { roles: ['ADMIN'] }
const access = '@access(read: ["role:ADMIN"], write: ["role:ADMIN"])'
const sdl = `
type Note @model ${access} @retain(days: 30) {
  id: ID!
  owner: ID! @subject
  text: String @encrypted(scope: DOCUMENT, searchable: true)
  kind: String
}
type Visit @model(erase: DELETE) ${access} @retain(days: 365, by: "on") {
  id: ID!
  person: ID! @subject
  on: Date @stored(as: "day")
  at: DateTime
}
type Login @model(erase: DELETE) ${access} @retain(days: 7, by: "at") {
  id: ID!
  person: ID! @subject
  at: DateTime!
}
`

let schema: SchemaFolder
let gateway: TestGateway
let bench: ErasureBench

const daysAgo = (days: number): Date => new Date(Date.now() - days * dayMs)
const idAt = (date: Date): string => date.getTime().toString(16).padStart(12, '0') + 'abcdefabcdef'
const rules = () => retentionRules(bench.erasure.collections)
const countOf = (name: string, filter = {}): Promise<number> => gateway.raw(name).countDocuments(filter)

async function create(type: string, inputs: readonly object[]): Promise<string[]> {
  const { data, errors } = await gateway.ask(
    admin,
    `mutation ($inputs: [${type}CreateInput!]!) { all: create${type}s(inputs: $inputs) { document { id } error { code } } }`,
    { inputs },
  )
  expect(errors).toEqual([])
  return (data.all as { document: { id: string } }[]).map(({ document }) => document.id)
}

/** Lets a stored document have been created at another time. */
async function age(name: string, id: string, date: Date): Promise<string> {
  const document = await gateway.raw(name).findOne({ _id: id as never })
  await gateway.raw(name).deleteOne({ _id: id as never })
  await gateway.raw(name).insertOne({ ...document, _id: idAt(date) as never })
  return idAt(date)
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

describe('retention', () => {
  test('redacts documents by when they were created, with their own keys, and leaves younger ones', async () => {
    const [old = '', young = ''] = await create('Note', [
      { owner: 'ann', text: 'old', kind: 'a' },
      { owner: 'ann', text: 'young', kind: 'b' },
    ])
    const keys = await gateway.rawKeys('datakeys').countDocuments({ 'holder.scope': 'DOCUMENT' })
    expect(keys).toBe(2)
    const aged = await age('notes', old, daysAgo(31))
    await gateway
      .raw('notes')
      .insertOne({ _id: '0-from-elsewhere' as never, _tenant: 'default', _subject: 'ann', kind: 'c' })
    expect((await bench.retain(rules(), false)).findings[0]).toBe('Note: 1 documents are older than 30 days')
    expect(await countOf('notes', { text: null })).toBe(1)
    const job = await bench.retain(rules())
    expect(job).toMatchObject({ state: 'done' })
    expect(job.findings[0]).toBe('Note: 1 documents erased that were older than 30 days, 0 left')
    expect(await gateway.raw('notes').findOne({ _id: aged as never })).toMatchObject({
      text: null,
      kind: 'a',
    })
    expect(await countOf('notes', { _erased: { $ne: null } })).toBe(1)
    const { data } = await gateway.ask(admin, `{ note(id: "${young}") { text } }`)
    expect(data.note.text).toBe('young')
    const update = `mutation { updateNote(id: "${aged}", input: { kind: "d" }) { id } }`
    expect((await gateway.ask(admin, update)).errors[0]?.extensions.code).toBe('ERASED')
    // The subject lives on.
    await create('Note', [{ owner: 'ann', text: 'new' }])
  })

  test('deletes documents by a stored date or time, and keeps those without one', async () => {
    const day = (days: number): string => daysAgo(days).toISOString().slice(0, 10)
    await create('Visit', [
      { person: 'bob', on: day(400) },
      { person: 'bob', on: day(364) },
      { person: 'bob' },
    ])
    await create('Login', [
      { person: 'bob', at: daysAgo(8).toISOString() },
      { person: 'bob', at: daysAgo(6).toISOString() },
    ])
    const { findings } = await bench.retain(rules())
    expect(findings.slice(1)).toEqual([
      'Visit: 1 documents erased that were older than 365 days, 0 left',
      'Login: 1 documents erased that were older than 7 days, 0 left',
    ])
    expect([await countOf('visits'), await countOf('logins')]).toEqual([2, 1])
  })

  test('erases more than a page, and refuses rules that are not those of the schema', async () => {
    const inputs = Array.from({ length: 450 }, () => ({ person: 'bob', at: daysAgo(9).toISOString() }))
    await create('Login', inputs)
    await bench.retain(rules())
    expect(await countOf('logins')).toBe(0)
    const job = await bench.retain([{ type: 'Login', days: 1, by: 'at' }])
    expect(job).toMatchObject({
      state: 'failed',
      failure: expect.stringContaining('another @retain on Login'),
    })
  })

  test('is asked for once a day, and first as a dry run when its rules are new', async () => {
    const now = Date.now()
    const due = async (at: number) =>
      findDueRetention(rules(), await gateway.gateway.storage.jobStore.list({ limit: 100 }), at)
    expect(await due(now)).toEqual({ rules: rules(), apply: false })
    await bench.retain(rules(), false)
    expect(await due(Date.now())).toBeUndefined()
    expect(await due(now + dayMs + 60_000)).toEqual({ rules: rules(), apply: true })
    expect(findDueRetention([], [], now)).toBeUndefined()
  })
})
