import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'

/** Fields that are stored plainly and yet not for everyone: their values must not be told by order, filter or page. */
const sdl = `
  type Person @model(collection: "people")
    @access(read: ["role:ANALYST", "all(role:CLERK, scope:desk)", "owner"], write: ["role:ADMIN"]) {
    id: ID!
    owner: ID! @subject
    name: String
    score: Int @masked(as: ROUND, step: 10, reveal: ["role:ADMIN", "owner"])
    city: String @access(read: ["all(role:ANALYST, scope:cities)", "owner"])
    active: Boolean @access(read: ["role:ADMIN"])
    home: Home @access(read: ["owner"])
  }
  type Home @embedded { street: String @encrypted(key: FINANCIAL) city: String }
`

let schema: SchemaFolder
let gateway: TestGateway
const people = [
  { owner: 'ada', name: 'Ada', score: 71, city: 'York', active: true },
  { owner: 'bob', name: 'Bob', score: 14, city: 'Bath', active: false },
  { owner: 'ada', name: 'Ava', score: 38, city: 'Hull', active: true },
]

beforeAll(async () => {
  schema = createSchemaFolder(sdl)
  gateway = await createTestGateway({ schemaFolder: schema.folder })
  const query =
    'mutation ($inputs: [PersonCreateInput!]!) { createPeople(inputs: $inputs) { error { code } } }'
  const inputs = people.map((person) => ({ ...person, home: { street: '12 Main Street', city: 'York' } }))
  const { data } = await gateway.ask({ roles: ['ADMIN'] }, query, { inputs })
  expect(data.createPeople).toEqual(people.map(() => ({ error: null })))
  gateway.gateway.keyRing.clear()
})

afterAll(async () => {
  await gateway.close()
  schema.remove()
})

/** A service, which owns nothing. */
const analyst = { kind: 'service', roles: ['ANALYST'] } as const
const adaWhoAnalyses = { roles: ['ANALYST'], subject: 'ada' }
const adminWhoAnalyses = { roles: ['ANALYST', 'ADMIN'], subject: 'nobody' }

interface Page {
  readonly nodes: readonly { readonly name: string }[]
  readonly edges: readonly { readonly cursor: string }[]
}

const list = async (viewer: object, args: string) => {
  const answer = await gateway.ask(
    viewer,
    `{ it: people${args} { nodes { name score } edges { cursor } pageInfo { endCursor } } }`,
  )
  const page = answer.data.it as Page | null
  return {
    names: page?.nodes.map(({ name }) => name),
    codes: answer.errors.map(({ extensions }) => extensions.code),
    coordinate: answer.errors[0]?.extensions.coordinate,
    cursors: page?.edges.map(({ cursor }) => cursor),
    text: answer.text,
  }
}

describe.each(['ASC', 'DESC'])('an order by a masked field, %s', (direction) => {
  const order = `(orderBy: { field: score, direction: ${direction} })`

  test('is refused to who sees it masked', async () => {
    expect(await list(analyst, order)).toMatchObject({
      names: undefined,
      codes: ['FORBIDDEN'],
      coordinate: 'Person.score',
    })
  })

  test('shows who sees it clear in their own rows these alone', async () => {
    const names = direction === 'ASC' ? ['Ava', 'Ada'] : ['Ada', 'Ava']
    expect(await list(adaWhoAnalyses, order)).toMatchObject({ names, codes: [] })
  })

  test('is given to who sees it clear, page by page, by cursors that name documents alone', async () => {
    const names = direction === 'ASC' ? ['Bob', 'Ava', 'Ada'] : ['Ada', 'Ava', 'Bob']
    const whole = await list(adminWhoAnalyses, order)
    expect(whole).toMatchObject({ names, codes: [] })
    const ids = (await gateway.raw('people').find().toArray()).map(({ _id }) => String(_id))
    for (const cursor of whole.cursors ?? [])
      expect(ids).toContain(Buffer.from(cursor, 'base64url').toString())
    const rest = await list(adminWhoAnalyses, order.replace('(', `(after: "${whole.cursors?.[0] ?? ''}", `))
    expect(rest).toMatchObject({ names: names.slice(1), codes: [] })
  })

  test('is refused to who continues the page of another', async () => {
    const { cursors } = await list(adminWhoAnalyses, order)
    const again = await list(analyst, order.replace('(', `(after: "${cursors?.[0] ?? ''}", `))
    expect(again).toMatchObject({ names: undefined, codes: ['FORBIDDEN'] })
  })
})

describe('a filter by a field that is not for everyone', () => {
  const operators = [
    'eq: 71',
    'ne: 71',
    'gt: 50',
    'gte: 50',
    'lt: 50',
    'lte: 50',
    'in: [71]',
    'eq: null',
    'ne: null',
  ]
  test.each(operators)('is refused to who sees it masked: %s', async (operator) => {
    for (const filter of [
      `score: { ${operator} }`,
      `not: { score: { ${operator} } }`,
      `or: [{ name: { eq: "Bob" } }, { score: { ${operator} } }]`,
    ]) {
      expect(await list(analyst, `(filter: { ${filter} })`)).toMatchObject({
        codes: ['FORBIDDEN'],
        coordinate: 'Person.score',
      })
    }
  })

  test('finds nothing for who could see it clear in rows of their own, and has none', async () => {
    const viewer = { roles: ['ANALYST'], subject: 'nobody' }
    expect(await list(viewer, '(filter: { score: { gt: 0 } })')).toMatchObject({ names: [], codes: [] })
    expect(await list(viewer, '(orderBy: { field: score })')).toMatchObject({ names: [], codes: [] })
  })

  test('counts own rows only for who sees it clear there, whatever else the filter says', async () => {
    expect(
      await list(adaWhoAnalyses, '(filter: { or: [{ score: { gt: 0 } }, { name: { ne: "x" } }] })'),
    ).toMatchObject({
      names: ['Ada', 'Ava'],
    })
    expect(await list(adaWhoAnalyses, '(filter: { not: { score: { eq: 71 } } })')).toMatchObject({
      names: ['Ava'],
    })
  })

  test('is refused even where it would be empty', async () => {
    expect(await list(analyst, '(filter: { score: {} })')).toMatchObject({ codes: ['FORBIDDEN'] })
    expect(await list(analyst, '(filter: { and: [], score: null })')).toMatchObject({
      names: ['Ada', 'Bob', 'Ava'],
    })
  })

  test('is refused to who holds one of two rules that are needed together', async () => {
    expect(await list(analyst, '(filter: { city: { eq: "York" } })')).toMatchObject({ codes: ['FORBIDDEN'] })
    const both = await list({ ...analyst, scopes: ['cities'] }, '(filter: { city: { eq: "York" } })')
    expect(both).toMatchObject({ names: ['Ada'], codes: [] })
    expect(await list({ roles: ['CLERK'], kind: 'service' }, '')).toMatchObject({ codes: ['FORBIDDEN'] })
    expect(await list({ roles: ['CLERK'], scopes: ['desk'], kind: 'service' }, '')).toMatchObject({
      names: ['Ada', 'Bob', 'Ava'],
    })
  })

  test('is refused for a Boolean as for any other', async () => {
    expect(await list(analyst, '(filter: { active: { eq: true } })')).toMatchObject({ codes: ['FORBIDDEN'] })
    expect(await list(analyst, '(orderBy: { field: active })')).toMatchObject({ codes: ['FORBIDDEN'] })
  })
})

test('a masked plain field shows its mask alone', async () => {
  const { text } = await list(analyst, '')
  expect(JSON.parse(text).data.it.nodes).toEqual([
    { name: 'Ada', score: 70 },
    { name: 'Bob', score: 10 },
    { name: 'Ava', score: 40 },
  ])
})

test('what is inside of a hidden object causes no key to be unwrapped', async () => {
  const before = gateway.gateway.keyRing.counters.unwraps
  const answer = await gateway.ask(analyst, '{ people { nodes { home { street city } } } }')
  expect(answer.data.people.nodes).toEqual([{ home: null }, { home: null }, { home: null }])
  expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual([
    'FORBIDDEN',
    'FORBIDDEN',
    'FORBIDDEN',
  ])
  expect(gateway.gateway.keyRing.counters.unwraps).toBe(before)
})

test('one field that is selected differently at two places of a document is read right at both', async () => {
  const viewer = { roles: ['ANALYST'], subject: 'ada' }
  const query = `
    fragment street on Person { home { street } }
    fragment city on Person { home { city } }
    { a: people(filter: { name: { eq: "Ada" } }) { nodes { ...city } } b: people(filter: { name: { eq: "Ada" } }) { nodes { ...city ...street } } }`
  const { data, errors } = await gateway.ask(viewer, query)
  expect(errors).toEqual([])
  expect(data).toEqual({
    a: { nodes: [{ home: { city: 'York' } }] },
    b: { nodes: [{ home: { city: 'York', street: '12 Main Street' } }] },
  })
})
