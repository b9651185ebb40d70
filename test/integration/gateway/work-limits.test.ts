import { afterAll, beforeAll, expect, test } from '@jest/globals'

import { createTestGateway, type GraphQLAnswer, type TestGateway } from '../../support/create-test-gateway.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'

const sdl = `
  type Person @model @access(read: ["everyone"], write: ["everyone"]) {
    id: ID!
    email: String @encrypted(searchable: true)
    age: Int
    cards: [Card!]
  }
  type Card @embedded { pin: String @hashed number: String @encrypted }
`

let schema: SchemaFolder
let gateway: TestGateway

beforeAll(async () => {
  schema = createSchemaFolder(sdl)
  gateway = await createTestGateway({ schemaFolder: schema.folder })
})

afterAll(async () => {
  await gateway.close()
  schema.remove()
})

const search = (filter: object): Promise<GraphQLAnswer> =>
  gateway.ask(undefined, 'query ($filter: PersonFilter) { people(filter: $filter) { nodes { id } } }', {
    filter,
  })
const create = (cards: readonly object[]): Promise<GraphQLAnswer> =>
  gateway.ask(
    undefined,
    'mutation ($cards: [CardCreateInput!]) { createPerson(input: { cards: $cards }) { id } }',
    { cards },
  )
const codes = ({ errors }: GraphQLAnswer) => errors.map(({ extensions }) => extensions.code)
const many = <T>(length: number, value: T): T[] => Array.from({ length }, () => value)

test.each([
  ['values of a protected field', { email: { in: many(1_000, 'a@example.com') } }],
  ['values of a plain field', { age: { in: many(1_000, 1) } }],
  ['conditions', { or: many(1_000, { age: { eq: 1 } }) }],
  ['empty conditions', { and: many(1_000, {}) }],
  ['values in all', { or: many(20, { age: { in: many(50, 1) } }) }],
])('a filter of too many %s is refused before it is read', async (_what, filter) => {
  const answer = await search(filter)
  expect(codes(answer)).toEqual(['LIMIT_EXCEEDED'])
  expect(answer.errors[0]?.extensions.inputPath).toBe('filter')
})

test('a filter of many values is answered', async () => {
  expect(codes(await search({ email: { in: many(900, 'a@example.com') } }))).toEqual([])
  expect(codes(await search({ or: many(400, { age: { eq: 1 } }) }))).toEqual([])
})

test('one mutation hashes at most as many values as a batch has documents', async () => {
  const answer = await create(many(1_001, { pin: '1' }))
  expect(codes(answer)).toEqual(['LIMIT_EXCEEDED'])
  expect(answer.errors[0]?.message).toBe('One mutation writes at most 1000 one-way values.')
})

test('one mutation encrypts at most fifty values for each document of the largest batch', async () => {
  expect(codes(await create(many(50_001, { number: '1' })))).toEqual(['LIMIT_EXCEEDED'])
  expect(await gateway.raw('people').countDocuments({})).toBe(0)
})
