import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { AccessOracle, type OracleViewer } from '../../support/access-oracle.ts'
import { createTestGateway, type GraphQLAnswer, type TestGateway } from '../../support/create-test-gateway.ts'

const oracle = AccessOracle.ofFolder(fileURLToPath(new URL('../../../schema', import.meta.url)))

/** Values of one customer's documents, and how each mask shows them. */
const ana = {
  Customer: {
    fullName: 'Ana Pérez García',
    email: 'ana@example.com',
    phone: '+34612345678',
    address: { street: '12 Main Street', city: 'Sevilla', postalCode: '41001', country: 'ES' },
    nationalId: '12345678Z',
    birthDate: '1990-04-15',
    income: 48_250,
    segment: 'RETAIL',
    country: 'ES',
    since: '2019-05-02',
    cards: [{ number: '4111111111111111', holder: 'ANA PEREZ', expiry: '09/29' }],
    bankAccounts: [{ cuentaNumero: 'ES9121000418450200051332', bank: 'CaixaBank' }],
  },
  Order: {
    placedAt: '2026-03-14T09:30:00.000Z',
    status: 'PAID',
    total: 129.9,
    currency: 'EUR',
    deliveryNote: 'flat 3B',
  },
  SensitiveItem: { dataType: 'passport', value: 'XDA000111' },
}
const masksOfAna: Readonly<Record<string, unknown>> = {
  'Customer.fullName NAME': 'A*** G***',
  'Customer.email EMAIL': 'a***@example.com',
  'Customer.phone PHONE': '***-***-5678',
  'Address.street ADDRESS': '*** Main Street',
  'Address.postalCode FULL': '****',
  'Customer.nationalId LAST4': '**** 678Z',
  'Customer.birthDate YEAR': '1990-01-01',
  'Customer.income ROUND': 50_000,
  'Card.number BIN_LAST4': '4111 11** **** 1111',
  'Card.number PAN': '**** **** **** 1111',
  'Card.holder NAME': 'A*** P***',
  'Card.expiry FULL': '****',
  'BankAccount.cuentaNumero IBAN': 'ES** **** **** 1332',
  'Order.deliveryNote FULL': '****',
  'SensitiveItem.value LAST4': '**** 0111',
}

const viewers: Readonly<Record<string, OracleViewer & { readonly kind?: 'user' | 'service' }>> = {
  'an administrator': { roles: ['ADMIN'] },
  'a support agent': { roles: ['SUPPORT'] },
  'an analyst': { roles: ['ANALYST'] },
  'a support agent who is an analyst': { roles: ['SUPPORT', 'ANALYST'] },
  'the owner': { subject: 'ana' },
  'another owner': { subject: 'bob' },
  'a support agent who is the owner': { roles: ['SUPPORT'], subject: 'ana' },
  'an analyst who is the owner': { roles: ['ANALYST'], subject: 'ana' },
  'a service that reads customers': { kind: 'service', scopes: ['customers:read'] },
  'a service that reads customers and cards': { kind: 'service', scopes: ['customers:read', 'cards:reveal'] },
  'a service that reads accounts alone': { kind: 'service', scopes: ['accounts:reveal'] },
  'a service that writes customers': { kind: 'service', scopes: ['customers:write'] },
  'a service that reads and writes orders': { kind: 'service', scopes: ['orders:read', 'orders:write'] },
  'a user without roles': { roles: [] },
  'a user whose role has another case': {
    roles: ['admin', 'Admin ', 'role:ADMIN'],
    scopes: ['ADMIN', 'owner'],
  },
  'nobody in particular': { anonymous: true },
}

let gateway: TestGateway
/** Ids of the owners and of what is theirs. */
const ids: Record<string, string> = {}

beforeAll(async () => {
  gateway = await createTestGateway()
  for (const owner of ['ana', 'bob']) {
    const own = owner === 'ana' ? {} : { email: 'bob@example.com' }
    ids[owner] = await make('Customer', { ...ana.Customer, ...own })
    ids[`Customer ${owner}`] = ids[owner]
    ids[`Order ${owner}`] = await make('Order', { ...ana.Order, customerId: ids[owner] })
    ids[`SensitiveItem ${owner}`] = await make('SensitiveItem', { ...ana.SensitiveItem, owner: ids[owner] })
  }
}, 60_000)

afterAll(() => gateway.close())

async function make(type: string, input: object): Promise<string> {
  const query = `mutation ($input: ${type}CreateInput!) { made: create${type}(input: $input) { id } }`
  const { data, errors } = await gateway.ask({ roles: ['ADMIN'] }, query, { input })
  expect(errors).toEqual([])
  return data.made.id
}

function ask(
  viewer: OracleViewer,
  query: string,
  variables?: Record<string, unknown>,
): Promise<GraphQLAnswer> {
  if (viewer.anonymous === true) return gateway.ask(undefined, query, variables)
  const { subject, ...others } = viewer
  return gateway.ask(
    { ...others, ...(subject === undefined ? {} : { subject: ids[subject] ?? '' }) },
    query,
    variables,
  )
}

/** A selection of everything that a type stores. */
function selectionOf(type: string, alias = ''): string {
  const parts = oracle.fields(type).map((field) => {
    const name = alias === '' ? field.name : `${alias}${field.name}: ${field.name}`
    return oracle.isStoredType(field.type) ? `${name} ${selectionOf(field.type, alias)}` : name
  })
  return `{ ${parts.join(' ')} }`
}

interface Expected {
  readonly data: Record<string, unknown>
  readonly errors: string[]
}

/** What the oracle expects of a selection of everything; `errors` are paths and codes. */
function expectedOf(
  type: string,
  values: Record<string, any>,
  { viewer, owns, alias = '' }: { viewer: OracleViewer; owns: boolean; alias?: string },
  path: string,
): Expected {
  const data: Record<string, unknown> = {}
  const errors: string[] = []
  for (const field of oracle.fields(type)) {
    const at = `${path}.${alias}${field.name}`
    const verdict = oracle.verdict(type, field.name, viewer, owns)
    const key = alias + field.name
    if (verdict === 'hidden') {
      data[key] = null
      errors.push(`${at} FORBIDDEN`)
    } else if (verdict !== 'clear') {
      const name = `${type}.${field.name} ${verdict.mask}`
      if (!Object.hasOwn(masksOfAna, name)) throw new Error(`How does ${name} look?`)
      data[key] =
        field.name === 'email' && !owns && values.email !== 'ana@example.com'
          ? 'b***@example.com'
          : masksOfAna[name]
    } else if (oracle.isStoredType(field.type)) {
      const inner = (value: Record<string, any>, innerPath: string) => {
        const expected = expectedOf(field.type, value, { viewer, owns, alias }, innerPath)
        errors.push(...expected.errors)
        return expected.data
      }
      data[key] = field.list
        ? (values[field.name] as Record<string, any>[]).map((value, index) => inner(value, `${at}.${index}`))
        : inner(values[field.name] as Record<string, any>, at)
    } else data[key] = values[field.name]
  }
  return { data, errors }
}

function valuesOf(type: string, owner: string): Record<string, any> {
  const id = ids[`${type} ${owner}`]
  const subject = ids[owner]
  const values = { ...(ana as Record<string, object>)[type], id, customerId: subject, owner: subject }
  return type === 'Customer' && owner === 'bob' ? { ...values, email: 'bob@example.com' } : values
}

const lower = (type: string) => type.charAt(0).toLowerCase() + type.slice(1)
const rows = ['ana', 'bob'] as const
const owns = (viewer: OracleViewer, owner: string) => viewer.subject === owner

function told(answer: GraphQLAnswer): string[] {
  return answer.errors
    .map(({ path, extensions }) => `${path?.join('.') ?? ''} ${String(extensions.code)}`)
    .sort()
}

function edgesOf(answer: GraphQLAnswer): readonly { readonly cursor: string; readonly node: unknown }[] {
  return answer.data.it.edges
}

function readableRows(type: string, viewer: OracleViewer): string[] {
  return rows.filter((owner) => oracle.reads(type, viewer, owns(viewer, owner)))
}

/** A user's own `sub` is their subject, so that they may own rows, if none that exist here. */
function hasSubject(viewer: OracleViewer & { readonly kind?: string }): boolean {
  return viewer.subject !== undefined || (viewer.anonymous !== true && viewer.kind !== 'service')
}

/** Whether the viewer may read no row at all. */
function isDenied(type: string, viewer: OracleViewer): boolean {
  return !oracle.reads(type, viewer, false) && !(hasSubject(viewer) && oracle.reads(type, viewer, true))
}

describe.each(Object.keys(viewers))('%s', (name) => {
  const viewer = viewers[name] ?? {}

  test.each(oracle.models)('gets of each %s what the schema says', async (type) => {
    for (const owner of rows) {
      const query = `query ($id: ID!) { it: ${lower(type)}(id: $id) ${selectionOf(type)} }`
      const answer = await ask(viewer, query, { id: ids[`${type} ${owner}`] })
      if (readableRows(type, viewer).includes(owner)) {
        const expected = expectedOf(type, valuesOf(type, owner), { viewer, owns: owns(viewer, owner) }, 'it')
        expectSame(answer, { data: { it: expected.data }, errors: expected.errors })
      } else
        expectSame(answer, { data: { it: null }, errors: isDenied(type, viewer) ? ['it FORBIDDEN'] : [] })
    }
  })

  test.each(oracle.models)('gets the same of %s by aliases, fragments and conditions', async (type) => {
    const query = `query ($id: ID!, $yes: Boolean!, $no: Boolean!) {
      it: ${lower(type)}(id: $id) { ...all @include(if: $yes) ...none @skip(if: $yes) ... on ${type} @include(if: $no) ${selectionOf(type, 'c_')} ${selectionOf(type, 'b_').slice(1, -1)} }
    }
    fragment all on ${type} ${selectionOf(type, 'a_')}
    fragment none on ${type} ${selectionOf(type, 'd_')}`
    for (const owner of readableRows(type, viewer)) {
      const answer = await ask(viewer, query, { id: ids[`${type} ${owner}`], yes: true, no: false })
      const [a, b] = ['a_', 'b_'].map((alias) =>
        expectedOf(type, valuesOf(type, owner), { viewer, owns: owns(viewer, owner), alias }, 'it'),
      )
      expectSame(answer, {
        data: { it: { ...a?.data, ...b?.data } },
        errors: [...(a?.errors ?? []), ...(b?.errors ?? [])],
      })
    }
  })

  test.each(oracle.models)('lists of %s the rows and fields that the schema says', async (type) => {
    const list = `${lower(type)}s`
    const query = `{ it: ${list} { nodes ${selectionOf(type)} edges { cursor node ${selectionOf(type, 'e_')} } } }`
    const answer = await ask(viewer, query)
    if (isDenied(type, viewer)) {
      expectSame(answer, { data: { it: null }, errors: ['it FORBIDDEN'] })
      return
    }
    const readable = readableRows(type, viewer)
    const expect_ = (owner: string, path: string, alias: string) =>
      expectedOf(type, valuesOf(type, owner), { viewer, owns: owns(viewer, owner), alias }, path)
    const nodes = readable.map((owner, index) => expect_(owner, `it.nodes.${index}`, ''))
    const edges = readable.map((owner, index) => expect_(owner, `it.edges.${index}.node`, 'e_'))
    expect(answer.data.it.nodes).toEqual(nodes.map(({ data }) => data))
    expect(edgesOf(answer).map(({ node }) => node)).toEqual(edges.map(({ data }) => data))
    expect(told(answer)).toEqual([...nodes, ...edges].flatMap(({ errors }) => errors).sort())
    const cursors = edgesOf(answer).map(({ cursor }) => Buffer.from(cursor, 'base64url').toString())
    expect(cursors).toEqual(readable.map((owner) => ids[`${type} ${owner}`]))
  })

  test('sees through relations what the schema says of their targets', async () => {
    const query = `query ($id: ID!) { it: order(id: $id) { customer ${selectionOf('Customer')} } }`
    for (const owner of readableRows('Order', viewer)) {
      const answer = await ask(viewer, query, { id: ids[`Order ${owner}`] })
      if (readableRows('Customer', viewer).includes(owner)) {
        const options = { viewer, owns: owns(viewer, owner) }
        const { data, errors } = expectedOf('Customer', valuesOf('Customer', owner), options, 'it.customer')
        expectSame(answer, { data: { it: { customer: data } }, errors })
      } else {
        const errors = isDenied('Customer', viewer) ? ['it.customer FORBIDDEN'] : []
        expectSame(answer, { data: { it: { customer: null } }, errors })
      }
    }
    const back = `query ($id: ID!) { it: customer(id: $id) { id orders ${selectionOf('Order')} } }`
    for (const owner of readableRows('Customer', viewer)) {
      const answer = await ask(viewer, back, { id: ids[owner] })
      if (isDenied('Order', viewer)) {
        expect(told(answer)).toEqual(['it.orders FORBIDDEN'])
        expect(answer.data.it).toBeNull()
      } else {
        const readable = readableRows('Order', viewer).includes(owner)
        const options = { viewer, owns: owns(viewer, owner) }
        const order = expectedOf('Order', valuesOf('Order', owner), options, 'it.orders.0')
        expectSame(answer, {
          data: { it: { id: ids[owner], orders: readable ? [order.data] : [] } },
          errors: readable ? order.errors : [],
        })
      }
    }
  })

  test('gets of its own updates what it may read, and changes nothing else', async () => {
    const query = `mutation ($id: ID!) { it: updateCustomer(id: $id, input: { country: "ES" }) ${selectionOf('Customer')} }`
    for (const owner of rows) {
      const answer = await ask(viewer, query, { id: ids[owner] })
      const mine = owns(viewer, owner)
      if (oracle.may('update', 'Customer', viewer, mine)) {
        expectSame(answer, resultOfWrite('Customer', valuesOf('Customer', owner), viewer, mine))
      } else {
        expect(answer.data.it).toBeNull()
        expect(['it FORBIDDEN', 'it NOT_FOUND']).toContain(told(answer).join())
      }
    }
  })

  test('gets of what it creates what it may read', async () => {
    const input = { ...ana.Customer, email: `${String(Math.random())}@example.com` }
    const query = `mutation ($input: CustomerCreateInput!) { it: createCustomer(input: $input) ${selectionOf('Customer')} }`
    const { data, errors } = await ask(viewer, query, { input })
    if (!oracle.may('create', 'Customer', viewer, false)) {
      expect({ data: data as unknown, told: told({ errors } as GraphQLAnswer) }).toEqual({
        data: { it: null },
        told: ['it FORBIDDEN'],
      })
      return
    }
    const id = data.it.id as string
    await gateway.raw('customers').deleteOne({ _id: id as never })
    expectSame({ data, errors } as GraphQLAnswer, resultOfWrite('Customer', { ...input, id }, viewer, false))
  })

  const filters: readonly (readonly [field: string, value: unknown, encrypted: boolean])[] = [
    ['email', 'ana@example.com', true],
    ['nationalId', '12345678Z', true],
    ['segment', 'RETAIL', false],
    ['country', 'ES', false],
  ]
  test.each(filters)(
    'filters by %s only rows where it may see it in clear',
    async (field, value, encrypted) => {
      const bare = { [field]: { eq: value } }
      const shapes: readonly (readonly [filter: object, negated: boolean])[] = [
        [bare, false],
        [{ [field]: { in: [value] } }, false],
        [{ and: [bare] }, false],
        [{ or: [bare, { country: { eq: 'nowhere' } }] }, false],
        [{ and: [{ or: [{ and: [bare] }] }] }, false],
        [{ not: bare }, true],
        [{ not: { not: bare } }, true],
        [{ or: [{ not: { and: [bare] } }] }, true],
      ]
      const clear = (mine: boolean) =>
        (!mine || hasSubject(viewer)) && oracle.verdict('Customer', field, viewer, mine) === 'clear'
      for (const [filter, negated] of shapes) {
        const answer = await ask(
          viewer,
          'query ($filter: CustomerFilter) { it: customers(filter: $filter) { nodes { id } } }',
          { filter },
        )
        if (isDenied('Customer', viewer)) expectSame(answer, { data: { it: null }, errors: ['it FORBIDDEN'] })
        else if (!clear(false) && !clear(true)) {
          expectSame(answer, { data: { it: null }, errors: ['it FORBIDDEN'] })
          expect(answer.errors[0]?.extensions.coordinate).toBe(`Customer.${field}`)
        } else if (negated && encrypted)
          expectSame(answer, { data: { it: null }, errors: ['it BAD_USER_INPUT'] })
        else {
          // Both customers have the value, but for the e-mail address.
          const having = negated ? [] : rows.filter((owner) => owner === 'ana' || field !== 'email')
          const doubled = JSON.stringify(filter).includes('{"not":{"not"')
          const matching = doubled ? rows.filter((owner) => owner === 'ana' || field !== 'email') : having
          const seen = matching.filter(
            (owner) => oracle.reads('Customer', viewer, owns(viewer, owner)) && clear(owns(viewer, owner)),
          )
          expectSame(answer, {
            data: { it: { nodes: seen.map((owner) => ({ id: ids[owner] })) } },
            errors: [],
          })
        }
      }
    },
  )
})

/** Who may write but not read gets the id alone. */
function resultOfWrite(type: string, values: Record<string, any>, viewer: OracleViewer, mine: boolean) {
  if (oracle.reads(type, viewer, mine)) {
    const { data, errors } = expectedOf(type, values, { viewer, owns: mine }, 'it')
    return { data: { it: data }, errors }
  }
  const hidden = oracle.fields(type).filter(({ name }) => name !== 'id')
  return {
    data: { it: { id: values.id as unknown, ...Object.fromEntries(hidden.map(({ name }) => [name, null])) } },
    errors: hidden.map(({ name }) => `it.${name} FORBIDDEN`),
  }
}

function expectSame(answer: GraphQLAnswer, expected: { data: unknown; errors: readonly string[] }): void {
  expect({ data: answer.data as unknown, errors: told(answer) }).toEqual({
    data: expected.data,
    errors: [...expected.errors].sort(),
  })
}

test('a masked or hidden value stands nowhere in an answer', async () => {
  const query = `{ customers { nodes ${selectionOf('Customer')} edges { cursor } pageInfo { endCursor startCursor } } }`
  const { text } = await ask({ roles: ['ANALYST'] }, query)
  const { email, fullName, nationalId, phone, birthDate, cards, bankAccounts, address } = ana.Customer
  const secrets = [email, fullName, nationalId, phone, birthDate, address.street, address.postalCode]
  secrets.push(...cards.flatMap(({ number, holder, expiry }) => [number, holder, expiry]))
  secrets.push(...bankAccounts.map(({ cuentaNumero }) => cuentaNumero))
  for (const secret of secrets) expect(text).not.toContain(secret)
})

test('what no viewer may filter or sort by is not in the schema', async () => {
  const { data } = await ask(
    { roles: ['ADMIN'] },
    `{ filter: __type(name: "CustomerFilter") { inputFields { name } } order: __type(name: "CustomerOrderField") { enumValues { name } } }`,
  )
  const names = (entries: { name: string }[]) => entries.map(({ name }) => name)
  expect(names(data.filter.inputFields)).toEqual([
    'and',
    'or',
    'not',
    'id',
    'email',
    'nationalId',
    'segment',
    'country',
    'since',
  ])
  expect(names(data.order.enumValues)).toEqual(['id', 'segment', 'country', 'since'])
})
