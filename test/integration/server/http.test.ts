import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { scalarNames } from '../../../src/directives/policies.ts'
import { defaultLimits } from '../../../src/server/limits.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'

let open: TestGateway
let closed: TestGateway

beforeAll(async () => {
  open = await createTestGateway()
  const limits = { ...defaultLimits, depth: 4, pageSize: 500, batchSize: 1_000, relationSize: 5_000 }
  closed = await createTestGateway({ introspection: false, limits })
})

afterAll(async () => {
  await Promise.all([open.close(), closed.close()])
})

interface Sent {
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly url?: string
  readonly headers?: Record<string, string>
  readonly payload?: string | object
}

async function send(
  gateway: TestGateway,
  { method = 'POST', url = '/graphql', headers = {}, payload }: Sent,
) {
  const response = await gateway.gateway.app.inject({
    method,
    url,
    headers,
    ...(payload === undefined ? {} : { payload }),
  })
  return { status: response.statusCode, headers: response.headers, text: response.body }
}

interface Introspected {
  readonly __schema: Record<'directives' | 'types', readonly { readonly name: string }[]>
}

const admin = { roles: ['ADMIN'] }
const canary = 'canary-4111111111111111'

test('the scalars of the API bear the names that schemas have for them', async () => {
  const { text } = await send(open, { payload: { query: '{ __schema { types { name kind } } }' } })
  const { types } = (JSON.parse(text) as { data: { __schema: { types: { name: string; kind: string }[] } } })
    .data.__schema
  const scalarTypes = types.filter(({ kind }) => kind === 'SCALAR').map(({ name }) => name)
  expect([...scalarTypes].sort()).toEqual([...scalarNames].sort())
  const query = 'query ($since: DateTime) { orders(filter: { placedAt: { gt: $since } }) { nodes { id } } }'
  const answer = await open.ask(admin, query, { since: '2020-01-01T00:00:00Z' })
  expect(answer.errors).toEqual([])
})

describe('the shape of errors', () => {
  test('a body that is no JSON is answered with 400 and a code, without the body', async () => {
    const { status, text } = await send(open, {
      headers: { 'content-type': 'application/json' },
      payload: `{"query": ${canary}`,
    })
    expect(status).toBe(400)
    expect(JSON.parse(text)).toEqual({
      errors: [{ message: 'The input is not valid.', extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })

  test('a path that cannot be read is answered in the same shape, without the path', async () => {
    const { status, text } = await send(open, { method: 'GET', url: `/%ff${canary}` })
    expect(status).toBe(400)
    expect(JSON.parse(text)).toEqual({
      errors: [
        {
          message: 'There is nothing at this path: GraphQL is at /graphql.',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    })
  })

  test('a body above 4 MiB is answered with 413 and a code', async () => {
    const payload = JSON.stringify({
      query: '{ __typename }',
      variables: { padding: 'x'.repeat(4 * 1024 * 1024) },
    })
    const { status, text } = await send(open, { headers: { 'content-type': 'application/json' }, payload })
    expect(status).toBe(413)
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] })
  })

  test.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])(
    'a body of type %s is refused before anything runs',
    async (type) => {
      const { status, text } = await send(open, {
        headers: { 'content-type': type },
        payload: 'query={__typename}',
      })
      expect([400, 415]).toContain(status)
      expect(text).not.toContain('Query')
    },
  )

  test('an unknown path is answered with 404 and a code', async () => {
    const { status, text } = await send(open, { method: 'GET', url: '/nothing?secret=1' })
    expect(status).toBe(404)
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
  })

  test('a token that does not verify is answered with 401 and a code, without the token', async () => {
    const { status, text } = await send(open, {
      headers: { 'content-type': 'application/json', authorization: `Bearer ${canary}.e30.e30` },
      payload: { query: '{ __typename }' },
    })
    expect(status).toBe(401)
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    expect(text).not.toContain(canary)
  })

  test('a wrong literal is reported with its place and without its value', async () => {
    const { status, text } = await open.ask(
      admin,
      `mutation { createOrder(input: { customerId: "a", placedAt: "${canary}", status: PAID, total: 1, currency: "EUR" }) { id } }`,
    )
    expect(status).toBe(400)
    expect(text).toContain('"line":1')
    expect(text).not.toContain(canary)
  })

  test('a wrong variable is reported by its name and without its value', async () => {
    const query = 'mutation M($input: OrderCreateInput!) { createOrder(input: $input) { id } }'
    const input = {
      customerId: 'a',
      placedAt: canary,
      status: canary,
      total: canary,
      currency: 'EUR',
      [canary]: 1,
    }
    const { status, errors, text } = await open.ask(admin, query, { input })
    expect(status).toBe(400)
    expect(errors[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } })
    expect(errors[0]?.message).toContain('$input')
    expect(text).not.toContain(canary)
  })

  test('no answer holds a stack', async () => {
    const { text } = await open.ask(admin, 'query cop { abc }')
    expect(text).not.toMatch(/stacktrace|node_modules|\.ts:/)
  })
})

describe('what is refused before a resolver runs', () => {
  test('a batch of operations', async () => {
    const { status, text } = await send(open, {
      headers: { 'content-type': 'application/json' },
      payload: [{ query: '{ __typename }' }, { query: '{ __typename }' }],
    })
    expect(status).toBe(400)
    expect(text).not.toContain('"Query"')
  })

  test('a GET without the preflight header, and a mutation by GET', async () => {
    const get = await send(open, { method: 'GET', url: '/graphql?query=%7B__typename%7D' })
    expect(get.status).toBe(400)
    const mutation = await send(open, {
      method: 'GET',
      url: '/graphql?query=mutation%7BdeleteOrder(id%3A%22a%22)%7D',
      headers: { 'apollo-require-preflight': 'true' },
    })
    expect(mutation.status).toBe(405)
  })

  test('a document of more than 5,000 tokens', async () => {
    const { status, data } = await open.ask(admin, `{ ${'__typename '.repeat(5_001)} }`)
    expect(status).toBe(400)
    expect(data).toBeUndefined()
  })

  test('more than 100 aliases, __typename among them', async () => {
    const aliases = Array.from({ length: 101 }, (_, index) => `a${index}: __typename`).join(' ')
    const { status, errors } = await open.ask(admin, `{ ${aliases} }`)
    expect(status).toBe(400)
    expect(errors[0]).toMatchObject({ extensions: { code: 'LIMIT_EXCEEDED', limit: 'aliases' } })
  })

  test('more levels than the limit, also when fragments hide them', async () => {
    const { status, errors } = await closed.ask(
      admin,
      '{ customer(id: "a") { ...F } } fragment F on Customer { orders { ...G } } fragment G on Order { customer { orders { id } } }',
    )
    expect(status).toBe(400)
    expect(errors[0]).toMatchObject({ extensions: { code: 'LIMIT_EXCEEDED', limit: 'depth' } })
  })

  test.each([
    ['a literal', '{ customers(first: 500) { nodes { FIELDS } } }', undefined],
    ['a variable', 'query Q($n: Int!) { customers(first: $n) { nodes { FIELDS } } }', { n: 500 }],
    ['a default', 'query Q($n: Int! = 500) { customers(first: $n) { nodes { FIELDS } } }', undefined],
  ])(
    'an operation whose cost is above the limit, the page size given by %s',
    async (_how, query, variables) => {
      const fields = Array.from({ length: 500 }, () => 'id').join(' ')
      const { status, errors } = await open.ask(admin, query.replace('FIELDS', fields), variables)
      expect(status).toBe(400)
      expect(errors[0]).toMatchObject({ extensions: { code: 'LIMIT_EXCEEDED', limit: 'cost' } })
    },
  )

  test('an operation whose cost is above the limit by relations, whose size is not stated', async () => {
    let inner = '{ id }'
    for (let level = 0; level < 6; level += 1) inner = `{ orders { customer ${inner} } }`
    const { status, errors } = await open.ask(admin, `{ customers { nodes ${inner} } }`)
    expect(status).toBe(400)
    expect(errors[0]).toMatchObject({ extensions: { code: 'LIMIT_EXCEEDED', limit: 'cost' } })
  })

  test('thirty fragments that each spread the next one twice, in bounded time', async () => {
    const fragments = Array.from(
      { length: 30 },
      (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`,
    )
    const { status } = await open.ask(
      admin,
      `{ ...F0 } ${fragments.join(' ')} fragment F30 on Query { __typename }`,
    )
    expect(status).toBe(400)
  })

  test('a page larger than the limit', async () => {
    const { errors } = await open.ask(admin, '{ customers(first: 501) { nodes { id } } }')
    expect(errors[0]).toMatchObject({ extensions: { code: 'LIMIT_EXCEEDED' }, path: ['customers'] })
  })
})

describe('introspection', () => {
  test('shows the public schema without the words of Sealgate, where it is on', async () => {
    const { data, text } = await open.ask(undefined, '{ __schema { directives { name } types { name } } }')
    const { directives, types } = (data as Introspected).__schema
    expect(directives.map(({ name }) => name)).not.toContain('encrypted')
    expect(text).not.toContain('MaskStyle')
    expect(types.map(({ name }) => name)).toContain('CustomerCreateInput')
  })

  test('shows nothing, and suggests nothing, where it is off', async () => {
    const introspected = await closed.ask(admin, '{ __schema { types { name } } }')
    expect(introspected.status).toBe(400)
    const misspelt = await closed.ask(admin, '{ custmers { nodes { id } } }')
    expect(misspelt.text).not.toMatch(/Did you mean|customers/)
    const query = 'mutation M($input: OrderCreateInput!) { createOrder(input: $input) { id } }'
    const variables = await closed.ask(admin, query, { input: { curency: 'EUR', status: 'PAYD' } })
    expect(variables.text).not.toMatch(/Did you mean|currency|PAID/)
  })
})

describe('every answer', () => {
  test('carries headers that keep it out of caches and sniffers, and an id of its own', async () => {
    const { headers } = await send(open, {
      headers: { 'content-type': 'application/json' },
      payload: { query: '{ __typename }' },
    })
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('of health tells whether the gateway lives and is ready', async () => {
    expect(await send(open, { method: 'GET', url: '/health/live' })).toMatchObject({ status: 200 })
    const ready = await send(open, { method: 'GET', url: '/health/ready' })
    expect(ready.status).toBe(200)
    expect(JSON.parse(ready.text)).toEqual({
      status: 'ok',
      database: 'ok',
      keyService: 'ok',
      keysVerified: true,
      keyStatesKnown: true,
    })
  })
})
