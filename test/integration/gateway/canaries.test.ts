import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { CanaryHunter } from '../../support/canaries.ts'
import { createTestGateway, type GraphQLAnswer, type TestGateway } from '../../support/create-test-gateway.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'

const sdl = `
  type Person @model(collection: "people")
    @access(read: ["role:ADMIN", "role:ANALYST", "role:CLERK"], write: ["role:ADMIN"]) {
    id: ID!
    open: String
    text: String @encrypted @masked(as: FULL, for: ["role:ANALYST"], reveal: ["role:ADMIN"])
    email: String @encrypted(unique: true, normalize: [TRIM, LOWERCASE]) @format(as: EMAIL) @masked(as: HASH, reveal: ["role:ADMIN"])
    search: String @encrypted(searchable: true, scope: TENANT, pad: false) @masked(as: FULL, reveal: ["role:ADMIN"])
    card: String @encrypted(key: FINANCIAL, scope: DOCUMENT) @format(as: LUHN) @masked(as: FULL, reveal: ["role:ADMIN"])
    tags: [String!] @encrypted(scope: MODEL) @access(read: ["role:ADMIN"])
    json: JSON @encrypted @access(read: ["role:ADMIN"])
    big: BigInt @encrypted @access(read: ["role:ADMIN"])
    whole: Int @encrypted @access(read: ["role:ADMIN"])
    amount: Float @encrypted @masked(as: ROUND, reveal: ["role:ADMIN"])
    day: Date @encrypted @masked(as: YEAR, reveal: ["role:ADMIN"])
    moment: DateTime @encrypted @masked(as: YEAR, reveal: ["role:ADMIN"])
    level: Level @encrypted @access(read: ["role:ADMIN"])
    pin: String @hashed(tries: 3)
    dropped: String @discarded
    home: Home
    groups: [Group!]
  }
  type Home @embedded { street: String @encrypted @masked(as: FULL, reveal: ["role:ADMIN"]) password: String @hashed }
  type Group @embedded { label: String members: [Member!] }
  type Member @embedded { secret: String! @encrypted @masked(as: FULL, reveal: ["role:ADMIN"]) code: String @discarded }
  enum Level { CANARYLOW CANARYHIGH }
`

/** Made while writing, so that each path has values of its own. */
const canaries: string[] = []
let serial = 0

function canary(): string {
  serial += 1
  const value = `Kanarienvogel-ñ-${serial}-${Math.random().toString(36).slice(2)}`
  canaries.push(value)
  return value
}

function digits(length: number): string {
  const value = Array.from({ length }, () => Math.floor(Math.random() * 9) + 1).join('')
  canaries.push(value)
  return value
}

function cardNumber(): string {
  const body = `4${digits(14)}`
  const check = Array.from('0123456789').find((digit) => isLuhn(body + digit)) ?? ''
  canaries.push(body + check)
  return body + check
}

function isLuhn(number: string): boolean {
  const sum = Array.from(number)
    .reverse()
    .reduce((total, digit, index) => {
      const doubled = index % 2 === 1 ? Number(digit) * 2 : Number(digit)
      return total + (doubled > 9 ? doubled - 9 : doubled)
    }, 0)
  return sum % 10 === 0
}

function email(): string {
  const value = `kanarie.${serial++}.${Math.random().toString(36).slice(2)}@example.com`
  canaries.push(value, value.toUpperCase())
  return value
}

function day(): string {
  const value = `19${String(60 + (serial++ % 40))}-0${1 + (serial % 9)}-${11 + (serial % 17)}`
  canaries.push(value)
  return value
}

function person(): Record<string, unknown> {
  return {
    text: canary(),
    email: email().toUpperCase(),
    search: canary(),
    card: cardNumber(),
    tags: [canary(), canary()],
    json: { key: canary(), deep: [{ [canary()]: [canary()] }] },
    big: `7${digits(15)}`,
    whole: Number(digits(9)),
    amount: Number(`${digits(9)}.5`),
    day: day(),
    moment: `${day()}T11:22:33.444Z`,
    level: 'CANARYHIGH',
    pin: canary(),
    dropped: canary(),
    home: { street: canary(), password: canary() },
    groups: [{ label: 'g', members: [{ secret: canary(), code: canary() }, { secret: canary() }] }],
  }
}

const admin = { roles: ['ADMIN'] }
const everything = `{ id open text email search card tags json big whole amount day moment level home { street } groups { id label members { id secret } } }`

let schema: SchemaFolder
let folder: string
let server: MongodbServer
let gateway: TestGateway
/** Bodies that must hold no canary. */
const bodies: string[] = []
const ids: string[] = []

beforeAll(async () => {
  schema = createSchemaFolder(sdl)
  folder = mkdtempSync(join(tmpdir(), 'sealgate-canaries-'))
  server = await createMongodbServer({ folder: join(folder, 'database') })
  gateway = await createTestGateway({ schemaFolder: schema.folder, uri: server.uri, folder })
  canaries.push('CANARYHIGH')
}, 60_000)

afterAll(async () => {
  await gateway.close()
  await server.close()
  schema.remove()
  rmSync(folder, { recursive: true, force: true })
})

const ask = (query: string, variables?: Record<string, unknown>, viewer: object | undefined = admin) =>
  gateway.ask(viewer, query, variables)

/** A GraphQL literal of a value; enum values are named. */
function literal(value: unknown, key = ''): string {
  if (Array.isArray(value)) return `[${value.map((item) => literal(item, key)).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([name, inner]) => `${/^\w+$/.test(name) ? name : 'k'}: ${literal(inner, name)}`)
      .join(', ')} }`
  }
  return key === 'level' ? String(value) : JSON.stringify(value)
}

function expectMade(answer: GraphQLAnswer): void {
  expect(answer.errors).toEqual([])
  for (const made of Object.values(answer.data as Record<string, { id: string }>))
    if (typeof made.id === 'string') ids.push(made.id)
}

describe('values that arrive by every way', () => {
  test('as variables', async () => {
    expectMade(
      await ask(`mutation ($input: PersonCreateInput!) { createPerson(input: $input) ${everything} }`, {
        input: person(),
      }),
    )
  })

  test('as literals', async () => {
    expectMade(await ask(`mutation { createPerson(input: ${literal(person())}) ${everything} }`))
  })

  test('as variables inside literals', async () => {
    const query = `mutation ($text: String, $members: [MemberCreateInput!], $json: JSON) {
      createPerson(input: { text: $text, groups: [{ members: $members }], json: $json }) ${everything}
    }`
    expectMade(await ask(query, { text: canary(), members: [{ secret: canary() }], json: [canary()] }))
  })

  test('as defaults of the operation', async () => {
    const query = `mutation ($input: PersonCreateInput! = ${literal(person())}, $text: String = "${canary()}") {
      a: createPerson(input: $input) ${everything} b: createPerson(input: { text: $text }) { id }
    }`
    expectMade(await ask(query))
  })

  test('as one value where a list is expected', async () => {
    const query = `mutation { createPerson(input: { tags: "${canary()}", groups: { members: { secret: "${canary()}" } } }) ${everything} }`
    expectMade(await ask(query))
  })

  test('as several mutations under aliases', async () => {
    const query = `mutation ($a: PersonCreateInput!, $b: PersonCreateInput!) { a: createPerson(input: $a) ${everything} ...more }
      fragment more on Mutation { b: createPerson(input: $b) ${everything} }`
    expectMade(await ask(query, { a: person(), b: person() }))
  })

  test('as many at once', async () => {
    const query = `mutation ($inputs: [PersonCreateInput!]!) { createPeople(inputs: $inputs) { document ${everything} error { code } } }`
    const { data, errors } = await ask(query, { inputs: [person(), person(), person()] })
    expect(errors).toEqual([])
    for (const { document } of data.createPeople) ids.push(document.id)
  })

  test('as updates, of single fields, objects and list elements', async () => {
    const [id] = ids
    const { data } = await ask('query ($id: ID!) { person(id: $id) { groups { id members { id } } } }', {
      id,
    })
    const [group] = data.person.groups
    const update = `mutation ($id: ID!, $input: PersonUpdateInput!) { updatePerson(id: $id, input: $input) ${everything} }`
    const { groups: _groups, ...rest } = person()
    expectMade(await ask(update, { id, input: rest }))
    const members = [{ id: group.members[0].id, secret: canary() }, { secret: canary() }]
    expectMade(
      await ask(update, {
        id,
        input: { groups: [{ id: group.id, members }, { members: [{ secret: canary() }] }] },
      }),
    )
    expectMade(
      await ask(update, {
        id,
        input: { home: { street: canary(), password: canary() }, tags: [canary()], pin: canary() },
      }),
    )
  })

  test('as text that is not well formed, and beside variables that nothing uses', async () => {
    const query = `mutation ($input: PersonCreateInput!) { createPerson(input: $input) ${everything} }`
    const input = { text: `${canary()}\ud800`, search: `\udfff${canary()}`, pin: `${canary()}\ud800` }
    expectMade(await ask(query, { input, other: canary() }))
  })

  test('as values to search for and to verify', async () => {
    const filter = { or: [{ search: { eq: canary() } }, { email: { in: [email()] } }] }
    const list = 'query ($filter: PersonFilter) { people(filter: $filter) { nodes { id } } }'
    bodies.push((await ask(list, { filter })).text)
    bodies.push((await ask(`{ people(filter: { search: { eq: "${canary()}" } }) { nodes { id } } }`)).text)
    bodies.push((await ask(`mutation { verifyPersonPin(id: "${ids[1] ?? ''}", value: "${canary()}") }`)).text)
    bodies.push(
      (await ask('mutation ($v: String!) { verifyHomePassword(id: "x", value: $v) }', { v: canary() })).text,
    )
  })
})

describe('requests that fail with secrets in them', () => {
  const create = 'mutation ($input: PersonCreateInput!) { createPerson(input: $input) { id } }'
  const failing: Readonly<Record<string, () => Promise<GraphQLAnswer>>> = {
    'text for a number': () => ask(create, { input: { whole: canary() } }),
    'text for a date': () => ask(create, { input: { day: canary() } }),
    'text for an instant': () => ask(create, { input: { moment: canary() } }),
    'text for a big integer': () => ask(create, { input: { big: canary() } }),
    'text for an object': () => ask(create, { input: { home: canary() } }),
    'text for the whole input': () => ask(create, { input: canary() }),
    'a list for text': () => ask(create, { input: { text: [canary()] } }),
    'an object for text': () => ask(create, { input: { text: { [canary()]: canary() } } }),
    'a number for text': () => ask(create, { input: { text: Number(digits(12)) } }),
    'null in a list': () => ask(create, { input: { tags: [canary(), null] } }),
    'an unknown enum value': () => ask(create, { input: { level: canary() } }),
    'an unknown field': () => ask(create, { input: { [`f${digits(12)}`]: canary() } }),
    'a number beyond 32 bits': () => ask(create, { input: { whole: Number(`1${digits(11)}`) } }),
    'a number beyond doubles': () => ask(create, { input: { amount: '1e999' } }),
    'a wrong e-mail address': () => ask(create, { input: { email: canary() } }),
    'a wrong card number': () => ask(create, { input: { card: digits(20) } }),
    'wrong literals': () =>
      ask(
        `mutation { createPerson(input: { whole: "${canary()}", day: "${canary()}", level: "${canary()}" }) { id } }`,
      ),
    'a wrong default': () =>
      ask(`mutation ($v: Int = "${canary()}") { createPerson(input: { whole: $v }) { id } }`),
    'an unknown argument': () => ask(`mutation { createPerson(input: {}, extra: "${canary()}") { id } }`),
    'an argument given twice': () =>
      ask(`mutation { createPerson(input: { text: "${canary()}" }, input: { text: "${canary()}" }) { id } }`),
    'a field given twice': () =>
      ask(`mutation { createPerson(input: { text: "${canary()}", text: "${canary()}" }) { id } }`),
    'fields that conflict': () =>
      ask(
        `mutation { a: createPerson(input: { text: "${canary()}" }) { id } a: createPerson(input: { text: "${canary()}" }) { id } }`,
      ),
    'a directive with a secret': () => ask(`{ people @include(if: "${canary()}") { nodes { id } } }`),
    'a syntax error behind a secret': () =>
      ask(`mutation { createPerson(input: { text: "${canary()}" ) { id } }`),
    'a syntax error inside a secret': () => ask(`mutation { createPerson(input: { text: "${canary()}\n`),
    'a missing document': () =>
      ask(`mutation { updatePerson(id: "${canary()}", input: { text: "${canary()}" }) { id } }`),
    'an old revision': () =>
      ask(
        `mutation { updatePerson(id: "${ids[0] ?? ''}", revision: 999, input: { text: "${canary()}" }) { id } }`,
      ),
    'an element that is not there': () =>
      ask(
        `mutation { updatePerson(id: "${ids[0] ?? ''}", input: { groups: [{ id: "${canary()}", members: [{ secret: "${canary()}" }] }] }) { id } }`,
      ),
    'a required value that is missing': () =>
      ask(create, { input: { text: canary(), groups: [{ members: [{ code: canary() }] }] } }),
    'a cursor with a secret': () =>
      ask(`{ people(after: "${Buffer.from(canary()).toString('base64url')}") { nodes { id } } }`),
    'an order with a secret': () => ask(`{ people(orderBy: { field: "${canary()}" }) { nodes { id } } }`),
    'a filter of the wrong type': () =>
      ask('query ($f: PersonFilter) { people(filter: $f) { nodes { id } } }', {
        f: { search: { eq: { $gt: canary() } } },
      }),
    'a filter inside not': () =>
      ask(`{ people(filter: { not: { search: { eq: "${canary()}" } } }) { nodes { id } } }`),
    'a filter by who sees it masked': () =>
      ask(
        `{ people(filter: { search: { eq: "${canary()}" } }) { nodes { id } } }`,
        {},
        { roles: ['ANALYST'] },
      ),
    'a write by who may not': () => ask(create, { input: person() }, { roles: ['ANALYST'] }),
    'a write by nobody': () => gateway.ask(undefined, create, { input: person() }),
    'a page that is too large': () =>
      ask(`{ people(first: 100000, filter: { search: { eq: "${canary()}" } }) { nodes { id } } }`),
    'too many tokens': () =>
      ask(`mutation { createPerson(input: { tags: [${`"${canary()}" `.repeat(6000)}] }) { id } }`),
  }

  test.each(Object.keys(failing))('%s', async (name) => {
    const answer = await (failing[name] as () => Promise<GraphQLAnswer>)()
    expect(answer.errors.length).toBeGreaterThan(0)
    for (const { extensions } of answer.errors) expect(extensions.code).not.toBe('INTERNAL_SERVER_ERROR')
    expect(new CanaryHunter(canaries).find(answer.text)).toEqual([])
  })

  test('a unique value that is taken', async () => {
    const taken = email()
    const input = { email: taken, text: canary() }
    expectMade(await ask(create, { input }))
    const again = await ask(create, { input: { email: taken.toUpperCase(), text: canary() } })
    expect(again.errors.map(({ extensions }) => extensions.code)).toEqual(['CONFLICT'])
    const many = await ask(
      'mutation ($inputs: [PersonCreateInput!]!) { createPeople(inputs: $inputs) { error { code message inputPath } } }',
      {
        inputs: [{ ...input }, { ...input, email: canary() }],
      },
    )
    expect(many.data.createPeople).toMatchObject([
      { error: { code: 'CONFLICT' } },
      { error: { code: 'BAD_USER_INPUT' } },
    ])
    bodies.push(again.text, many.text)
  })

  test('requests that are none of GraphQL', async () => {
    const token = `Bearer ${await gateway.token(admin)}`
    const inject = async (options: object) => {
      const response = await gateway.gateway.app.inject({
        method: 'POST',
        url: '/graphql',
        ...options,
      } as never)
      expect(response.statusCode).toBeGreaterThanOrEqual(400)
      bodies.push(response.body, JSON.stringify(response.headers))
    }
    const json = { 'content-type': 'application/json' }
    await inject({
      headers: { ...json, authorization: `Bearer ${canary()}` },
      payload: { query: `{ a(b: "${canary()}") }` },
    })
    await inject({
      headers: { ...json, authorization: `${canary()} ${token}` },
      payload: { query: '{ __typename }' },
    })
    await inject({
      headers: { ...json, authorization: `${token.slice(0, -6)}AAAAAA` },
      payload: { query: `{ a(b: "${canary()}") }` },
    })
    await inject({ headers: { ...json, authorization: token }, payload: `{ "query": "${canary()}` })
    await inject({ headers: { 'content-type': 'text/plain', authorization: token }, payload: canary() })
    await inject({ headers: { 'content-type': canary(), authorization: token }, payload: canary() })
    await inject({
      headers: { ...json, authorization: token },
      payload: [{ query: `{ people(filter: { search: { eq: "${canary()}" } }) { nodes { id } } }` }],
    })
    await inject({
      headers: { ...json, authorization: token },
      payload: { query: canary(), operationName: canary() },
    })
    await inject({
      method: 'GET',
      headers: { authorization: token, 'x-apollo-operation-name': canary() },
      url: `/graphql?query=${encodeURIComponent(`mutation { createPerson(input: { text: "${canary()}" }) { id } }`)}`,
    })
    await inject({
      method: 'GET',
      headers: { authorization: token },
      url: `/nothing?text=${encodeURIComponent(canary())}`,
    })
  })
})

describe('reads by those who may not see it clear', () => {
  test.each([
    ['masked', 'ANALYST'],
    ['hidden', 'CLERK'],
  ])('%s', async (_what, role) => {
    const query = `{ people(first: 100) { nodes ${everything} edges { cursor node { text } } pageInfo { startCursor endCursor } } }`
    const { text, data } = await ask(query, {}, { roles: [role] })
    expect(data.people.nodes).toHaveLength(new Set(ids).size)
    bodies.push(text)
  })

  test('after the rows were tampered with', async () => {
    const people = gateway.raw('people')
    const [one, other] = await people.find().sort({ _id: 1 }).limit(2).toArray()
    await people.updateOne(
      { _id: one?._id },
      {
        $set: {
          text: other?.text as unknown,
          'email.m': other?.email.m as unknown,
          day: 'x',
          'home.street.c': null,
        },
      },
    )
    const clear = await ask(`{ person(id: "${String(one?._id)}") { text day home { street } } }`)
    expect(clear.errors).toHaveLength(3)
    const masked = await ask(
      `{ person(id: "${String(one?._id)}") { text email day home { street } } }`,
      {},
      { roles: ['ANALYST'] },
    )
    expect(masked.errors).toHaveLength(4)
    bodies.push(clear.text, masked.text)
    await people.replaceOne({ _id: one?._id }, one as never)
  })
})

describe('after all that', () => {
  test('what is not protected is found in the databases and on the disk, so that the search is one', async () => {
    const open = `offenes-Wort-${Math.random()}`
    expectMade(
      await ask('mutation ($open: String!) { createPerson(input: { open: $open }) { id } }', { open }),
    )
    const hunter = new CanaryHunter([open])
    expect(await hunter.findInDatabases(gateway.databases)).toEqual([open])
    expect(hunter.findInFiles(folder)).toEqual([open])
    expect(hunter.find((await ask('{ people(first: 100) { nodes { open } } }')).text)).toEqual([open])
  })

  test('no stored byte holds a protected value', async () => {
    expect(canaries.length).toBeGreaterThan(200)
    expect(await new CanaryHunter(canaries).findInDatabases(gateway.databases)).toEqual([])
  })

  test('no file holds one', () => {
    expect(new CanaryHunter(canaries).findInFiles(folder)).toEqual([])
  })

  test('no log line holds one', () => {
    expect(gateway.logs.length).toBeGreaterThan(50)
    expect(new CanaryHunter(canaries).find(gateway.logs.join('\n'))).toEqual([])
  })

  test('no answer holds one that its reader may not see', () => {
    expect(bodies.length).toBeGreaterThan(20)
    expect(new CanaryHunter(canaries).find(bodies.join('\n'))).toEqual([])
  })

  test('nor does anything tell them once the database is gone', async () => {
    await server.close()
    const lines = gateway.logs.length
    const create = await ask('mutation ($input: PersonCreateInput!) { createPerson(input: $input) { id } }', {
      input: person(),
    })
    const list = await ask(`{ people(filter: { search: { eq: "${canary()}" } }) { nodes { text } } }`)
    for (const { errors } of [create, list]) {
      expect(errors).toHaveLength(1)
      expect(['SERVICE_UNAVAILABLE', 'KEY_UNAVAILABLE']).toContain(errors[0]?.extensions.code)
    }
    const hunter = new CanaryHunter(canaries)
    expect(hunter.find(create.text + list.text)).toEqual([])
    expect(hunter.find(gateway.logs.slice(lines).join('\n'))).toEqual([])
    const port = Number(new URL(server.uri).port)
    server = await createMongodbServer({ folder: join(folder, 'database'), port })
  }, 60_000)
})
