import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { readAudit } from '../../support/read-audit.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'

const sdl = `
type Person @model @access(read: ["role:ADMIN", "role:AGENT"], write: ["role:ADMIN"]) {
  id: ID!
  country: String
  plainly: String @encrypted
  empty: String @encrypted(onKeyUnavailable: NULL)
  masked: String @encrypted(onKeyUnavailable: MASK) @masked(as: LAST4, reveal: ["role:ADMIN"])
  forAgents: String
    @encrypted(onKeyUnavailable: MASK)
    @masked(as: LAST4, for: ["role:AGENT"], reveal: ["role:ADMIN"])
  both: String
    @encrypted(onKeyUnavailable: MASK)
    @masked(as: FULL, for: ["role:AGENT"])
    @masked(as: LAST4, reveal: ["role:ADMIN"])
  amounts: [Int!] @encrypted(onKeyUnavailable: MASK) @masked(as: ROUND, reveal: ["role:ADMIN"])
  card: Card
}
type Card @embedded {
  number: String! @encrypted(key: FINANCIAL, onKeyUnavailable: MASK) @masked(as: PAN, reveal: ["role:ADMIN"])
}`
const person = {
  country: 'ES',
  plainly: 'plain words',
  empty: 'may be missed',
  masked: '12345678Z',
  forAgents: '87654321X',
  both: '111122223333',
  amounts: [1_499, 2_501],
  card: { number: '4111111111111111' },
}
const fields = 'country plainly empty masked forAgents both amounts card { number }'
const admin = { roles: ['ADMIN'], id: 'anna' }

let schema: SchemaFolder
let folder: string
let server: MongodbServer
let full: TestGateway
let id: string

/** What is not in the answer of a gateway that has all keys, beside what stands there. */
const unavailable = (path: readonly (string | number)[], coordinate: string, shown: string) => ({
  code: 'KEY_UNAVAILABLE',
  coordinate,
  path,
  shown,
})

beforeAll(async () => {
  schema = createSchemaFolder(sdl)
  folder = mkdtempSync(join(tmpdir(), 'sealgate-test-'))
  server = await createMongodbServer({ folder: join(folder, 'database') })
  full = await createTestGateway(shared())
  const { data } = await full.ask(
    admin,
    'mutation ($input: PersonCreateInput!) { createPerson(input: $input) { id } }',
    { input: person },
  )
  id = data.createPerson.id
})

afterAll(async () => {
  await full.stop()
  await server.close()
  schema.remove()
  rmSync(folder, { recursive: true, force: true })
})

const shared = () => ({ uri: server.uri, folder, database: 'stand_ins', schemaFolder: schema.folder })

test('with its keys at hand a field shows the value, and the answer says nothing of keys', async () => {
  const { data, errors, text } = await full.ask(admin, `{ person(id: "${id}") { ${fields} } }`)
  expect(data.person).toEqual(person)
  expect(errors).toEqual([])
  expect(text).not.toContain('extensions')
})

describe.each(['planned', 'graphql-js'] as const)('without the keys of clear values, on %s', (executor) => {
  let open: TestGateway

  beforeAll(async () => {
    open = await createTestGateway({ ...shared(), keyRights: 'mask-only', executor })
  })

  afterAll(() => open.stop())

  test('ERROR is an error, NULL a null that is told of, MASK the mask of the viewer that is told of', async () => {
    const { data, errors, text, status } = await open.ask(
      admin,
      `{ people { nodes { ${fields} again: masked } } }`,
    )
    expect(status).toBe(200)
    expect(data.people.nodes).toEqual([
      {
        country: 'ES',
        plainly: null,
        empty: null,
        masked: '**** 678Z',
        forAgents: null,
        both: '**** 3333',
        amounts: [1_000, 3_000],
        card: { number: '**** **** **** 1111' },
        again: '**** 678Z',
      },
    ])
    expect(errors).toEqual(
      ['plainly', 'forAgents'].map((name) =>
        expect.objectContaining({
          path: ['people', 'nodes', 0, name],
          extensions: { code: 'KEY_UNAVAILABLE', coordinate: `Person.${name}` },
        }),
      ),
    )
    const at = ['people', 'nodes', 0]
    expect(JSON.parse(text).extensions).toEqual({
      unavailable: [
        unavailable([...at, 'empty'], 'Person.empty', 'NULL'),
        unavailable([...at, 'masked'], 'Person.masked', 'MASK'),
        unavailable([...at, 'both'], 'Person.both', 'MASK'),
        unavailable([...at, 'amounts'], 'Person.amounts', 'MASK'),
        unavailable([...at, 'card', 'number'], 'Card.number', 'MASK'),
        unavailable([...at, 'again'], 'Person.masked', 'MASK'),
      ],
    })
  })

  test('viewers who are shown masks anyway are told of nothing', async () => {
    const { data, errors, text } = await open.ask(
      { roles: ['AGENT'] },
      `{ person(id: "${id}") { masked forAgents both } }`,
    )
    expect(data.person).toEqual({ masked: '**** 678Z', forAgents: '**** 321X', both: '****' })
    expect(errors).toEqual([])
    expect(text).not.toContain('extensions')
  })

  test('a mask that was not sealed, or was changed, does not stand in: that is an error', async () => {
    const { insertedId } = await open.raw('people').insertOne({
      ...(await open.raw('people').findOne({ _id: id as never })),
      _id: `${id}-copy` as never,
    })
    const { data, errors } = await open.ask(admin, `{ person(id: "${id}-copy") { masked both } }`)
    expect(data.person).toEqual({ masked: null, both: null })
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['KEY_UNAVAILABLE', 'KEY_UNAVAILABLE'])
    await open.raw('people').deleteOne({ _id: insertedId })
  })
})

test('the audit log says what was shown: a mask, and of the others that their key was not available', async () => {
  const open = await createTestGateway({ ...shared(), keyRights: 'mask-only' })
  try {
    await open.ask({ ...admin, id: 'watched' }, `{ person(id: "${id}") { plainly empty masked } }`)
    const outcomes = async () =>
      (await readAudit(open))
        .filter(({ viewer }) => viewer === 'watched')
        .map(({ coordinate, outcome }) => `${coordinate} ${outcome}`)
    // No answer waits for records without a clear value.
    while ((await outcomes()).length === 0) await pause(20)
    expect((await outcomes()).sort()).toEqual([
      'Person.empty unavailable',
      'Person.masked masked',
      'Person.plainly unavailable',
    ])
  } finally {
    await open.stop()
  }
})
