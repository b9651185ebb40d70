import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import { createTestGateway, type GraphQLAnswer, type TestGateway } from '../../support/create-test-gateway.ts'

let gateway: TestGateway
const admin = { roles: ['ADMIN'] }

beforeAll(async () => {
  gateway = await createTestGateway()
})

afterAll(() => gateway.close())

const ask = (query: string, variables?: Record<string, unknown>, viewer: object = admin) =>
  gateway.ask(viewer, query, variables)
const codes = ({ errors }: GraphQLAnswer) => errors.map(({ extensions }) => extensions.code)

async function create(input: object): Promise<{ id: string; cards: { id: string }[] | null }> {
  const { data, errors } = await ask(
    'mutation ($input: CustomerCreateInput!) { createCustomer(input: $input) { id cards { id } } }',
    { input },
  )
  expect(errors).toEqual([])
  return data.createCustomer
}

const update = (id: string, input: unknown, more = '', viewer: object = admin) =>
  ask(
    `mutation ($id: ID!, $input: CustomerUpdateInput!) { updateCustomer(id: $id, input: $input ${more}) { id phone email cards { id number holder expiry } address { street city } } }`,
    { id, input },
    viewer,
  )

const stored = async (id: string): Promise<Record<string, any>> => {
  const document = await gateway.raw('customers').findOne({ _id: id as never })
  if (document === null) throw new Error('gone')
  return document
}

/** The stored bytes of a value, for comparison. */
const bytesOf = (value: unknown) => Buffer.from(mongoose.mongo.BSON.serialize({ value })).toString('hex')

const twoCards = {
  cards: [
    { number: '4111111111111111', holder: 'ANA', expiry: '09/29', pin: '1234' },
    { number: '5500005555555559', holder: 'ANA', expiry: '01/28' },
  ],
}

describe('an update of a list of embedded objects', () => {
  test('changes what it names, and leaves the bytes of all else as they are', async () => {
    const { id, cards } = await create(twoCards)
    const [first, second] = cards ?? []
    const before = await stored(id)
    const answer = await update(id, { cards: [{ id: first?.id, holder: 'ANA PEREZ' }, { id: second?.id }] })
    expect(answer.errors).toEqual([])
    const after = await stored(id)
    for (const [position, path] of [
      [0, 'number'],
      [0, 'expiry'],
      [0, 'pin'],
      [1, 'number'],
      [1, 'holder'],
      [1, 'expiry'],
    ] as const) {
      expect(bytesOf(after.cards[position][path])).toBe(bytesOf(before.cards[position][path]))
    }
    expect(bytesOf(after.cards[0].holder)).not.toBe(bytesOf(before.cards[0].holder))
    expect(answer.data.updateCustomer.cards).toMatchObject([
      { holder: 'ANA PEREZ', number: '4111111111111111' },
      { holder: 'ANA' },
    ])
  })

  test('takes another order, another element and one fewer', async () => {
    const { id, cards } = await create(twoCards)
    const second = cards?.[1]?.id
    const { data, errors } = await update(id, { cards: [{ id: second }, { number: '378282246310005' }] })
    expect(errors).toEqual([])
    expect(data.updateCustomer.cards).toEqual([
      { id: second, number: '5500005555555559', holder: 'ANA', expiry: '01/28' },
      {
        id: expect.not.stringMatching(cards?.[0]?.id ?? '') as unknown,
        number: '378282246310005',
        holder: null,
        expiry: null,
      },
    ])
  })

  test('refuses ids that are not there, are there twice or are of another document', async () => {
    const { id, cards } = await create(twoCards)
    const other = await create(twoCards)
    const before = bytesOf(await stored(id))
    const [first] = cards ?? []
    for (const wrong of [
      [{ id: 'nothing' }],
      [{ id: first?.id }, { id: first?.id }],
      [{ id: other.cards?.[0]?.id }],
    ]) {
      expect(codes(await update(id, { cards: wrong }))).toEqual(['BAD_USER_INPUT'])
    }
    expect(codes(await update(id, { cards: [{ holder: 'without a number' }] }))).toEqual(['BAD_USER_INPUT'])
    expect(codes(await update(id, { cards: [{ id: first?.id, number: null }] }))).toEqual(['BAD_USER_INPUT'])
    expect(bytesOf(await stored(id))).toBe(before)
  })

  test('takes one value in the place of a list, and null for none', async () => {
    const { id, cards } = await create(twoCards)
    expect((await update(id, { cards: { id: cards?.[0]?.id } })).data.updateCustomer.cards).toHaveLength(1)
    expect((await update(id, { cards: null })).data.updateCustomer.cards).toBeNull()
    expect((await stored(id)).cards).toBeNull()
    expect((await update(id, { cards: [] })).data.updateCustomer.cards).toEqual([])
  })
})

describe('null, absent and empty', () => {
  test('absent fields stay, null removes, the empty string is a value', async () => {
    const { id } = await create({
      phone: '+34612345678',
      email: `null.${Math.random()}@example.com`,
      fullName: '',
    })
    const before = await stored(id)
    expect((before.fullName as { c: mongoose.mongo.Binary }).c.length()).toBeGreaterThan(50)
    await update(id, { phone: null })
    const after = await stored(id)
    expect(after.phone).toBeNull()
    expect(bytesOf(after.email)).toBe(bytesOf(before.email))
    const { data } = await ask('query ($id: ID!) { customer(id: $id) { fullName phone } }', { id })
    expect(data.customer).toEqual({ fullName: '', phone: null })
  })

  test('a removed unique value leaves no term behind, and may be taken by another', async () => {
    const email = `free.${Math.random()}@example.com`
    const { id } = await create({ email })
    await update(id, { email: null })
    expect((await stored(id)).email).toBeNull()
    await create({ email })
    await create({})
    await create({ email: null })
  })

  test('a variable that is not given is absent, one that is null is null', async () => {
    const { id } = await create({ phone: '+34612345678', country: 'ES' })
    const query =
      'mutation ($id: ID!, $phone: String, $country: String) { updateCustomer(id: $id, input: { phone: $phone, country: $country }) { phone country } }'
    expect((await ask(query, { id, country: null })).data.updateCustomer).toEqual({
      phone: '+34612345678',
      country: null,
    })
  })

  test('an embedded object keeps what an update does not name', async () => {
    const { id } = await create({ address: { street: '12 Main Street', city: 'York', postalCode: 'YO1' } })
    const before = await stored(id)
    expect((await update(id, { address: { city: 'Bath' } })).data.updateCustomer.address).toEqual({
      street: '12 Main Street',
      city: 'Bath',
    })
    const after = await stored(id)
    expect(bytesOf(after.address.street)).toBe(bytesOf(before.address.street))
    expect(bytesOf(after.address.postalCode)).toBe(bytesOf(before.address.postalCode))
  })
})

describe('what is discarded', () => {
  test('is stored under no name, on creation, update or creation of many', async () => {
    const { id, cards } = await create({ cards: [{ ...twoCards.cards[0], verificationCode: '737' }] })
    await update(id, {
      cards: [
        { id: cards?.[0]?.id, verificationCode: '838' },
        { ...twoCards.cards[1], verificationCode: '939' },
      ],
    })
    const document = await stored(id)
    expect(Object.keys(document.cards[0])).not.toContain('verificationCode')
    expect(Object.keys(document.cards[1])).not.toContain('verificationCode')
    const { data } = await ask('{ __type(name: "Card") { fields { name } } }')
    expect(JSON.stringify(data)).not.toMatch(/verificationCode|pin/)
  })
})

describe('writers who meet', () => {
  test('a stated revision that is not the stored one is a conflict and changes nothing', async () => {
    const { id } = await create({ phone: '+34612345678' })
    expect((await update(id, { phone: '+34600000001' }, ', revision: 1')).errors).toEqual([])
    const before = bytesOf(await stored(id))
    for (const revision of [1, 3, 0, -1]) {
      expect(codes(await update(id, { phone: '+34600000002' }, `, revision: ${revision}`))).toEqual([
        'CONFLICT',
      ])
    }
    expect(bytesOf(await stored(id))).toBe(before)
    expect((await update(id, { phone: '+34600000003' }, ', revision: 2')).errors).toEqual([])
  })

  test('twenty updates of one document at once lose nothing that was acknowledged', async () => {
    const { id } = await create({ cards: Array.from({ length: 20 }, () => twoCards.cards[1]) })
    const elements = ((await stored(id)).cards as { _id: string }[]).map(({ _id }) => _id)
    // Each writer sends the whole list and changes its own element.
    const answers = await Promise.all(
      elements.map((own, writer) =>
        update(id, {
          cards: elements.map((element) =>
            element === own ? { id: element, holder: `WRITER ${writer}` } : { id: element },
          ),
        }),
      ),
    )
    const done = answers.map((answer) => answer.errors.length === 0)
    for (const answer of answers) expect(codes(answer).filter((code) => code !== 'CONFLICT')).toEqual([])
    const { data } = await ask('query ($id: ID!) { customer(id: $id) { cards { holder number } } }', { id })
    const written = data.customer.cards as readonly object[]
    written.forEach((card, writer) => {
      expect(card).toEqual({
        holder: done[writer] === true ? `WRITER ${writer}` : 'ANA',
        number: '5500005555555559',
      })
    })
    expect((await stored(id))._revision).toBe(1 + done.filter(Boolean).length)
    expect(done).toContain(true)
  })

  test('fifty creations with one unique value make one document', async () => {
    const email = `race.${Math.random()}@example.com`
    const query = 'mutation ($email: String) { createCustomer(input: { email: $email }) { id } }'
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(query, { email })))
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1)
    expect(new Set(answers.flatMap(codes))).toEqual(new Set(['CONFLICT']))
  })

  test('aliased mutations of one document run one after the other', async () => {
    const { id } = await create({ country: 'ES' })
    const query = `mutation ($id: ID!) {
      a: updateCustomer(id: $id, input: { phone: "+34600000001" }, revision: 1) { phone }
      b: updateCustomer(id: $id, input: { phone: "+34600000002" }, revision: 2) { phone }
      c: updateCustomer(id: $id, input: { country: "DE" }, revision: 2) { phone }
      d: deleteCustomer(id: $id)
      e: updateCustomer(id: $id, input: { country: "DE" }) { phone }
    }`
    const answer = await ask(query, { id })
    expect(answer.data).toEqual({
      a: { phone: '+34600000001' },
      b: { phone: '+34600000002' },
      c: null,
      d: id,
      e: null,
    })
    expect(codes(answer)).toEqual(['CONFLICT', 'NOT_FOUND'])
  })
})

describe('a unique value that is taken', () => {
  const email = `taken.${Math.random()}@example.com`

  test.each([email, email.toUpperCase(), email.replace('taken', 'Taken')])(
    'is refused in every normalised form: %s',
    async (form) => {
      await ask('mutation ($email: String) { createCustomer(input: { email: $email }) { id } }', { email })
      const answer = await ask(
        'mutation ($email: String) { createCustomer(input: { email: $email }) { id } }',
        { email: form },
      )
      expect(codes(answer)).toEqual(['CONFLICT'])
      expect(answer.errors[0]?.extensions.coordinate).toBe('Customer.email')
    },
  )

  test('says neither field nor value to those who may not see it in clear in every row', async () => {
    const { id } = await create({ country: 'ES' })
    const owner = await update(id, { email: email.toUpperCase() }, '', { subject: id })
    const service = await ask(
      'mutation ($email: String) { createCustomer(input: { email: $email }) { id } }',
      { email },
      { kind: 'service', scopes: ['customers:write'] },
    )
    const many = await ask(
      'mutation ($inputs: [CustomerCreateInput!]!) { createCustomers(inputs: $inputs) { error { code message coordinate inputPath } } }',
      { inputs: [{ email }] },
      { kind: 'service', scopes: ['customers:write'] },
    )
    for (const answer of [owner, service]) {
      expect(answer.errors).toHaveLength(1)
      expect(answer.errors[0]).toMatchObject({
        message: 'The write conflicts with stored data.',
        extensions: { code: 'CONFLICT' },
      })
      expect(Object.keys(answer.errors[0]?.extensions ?? {})).toEqual(['code'])
    }
    expect(many.data.createCustomers).toEqual([
      {
        error: {
          code: 'CONFLICT',
          message: 'The write conflicts with stored data.',
          coordinate: null,
          inputPath: null,
        },
      },
    ])
    for (const { text } of [owner, service, many]) expect(text.toLowerCase()).not.toMatch(/email|taken/)
  })
})

describe('a hashed value', () => {
  test('is verified as often as it says, however many attempts come at once', async () => {
    const { cards } = await create({ cards: [{ ...twoCards.cards[0], pin: '4821' }] })
    const card = cards?.[0]?.id
    const guesses = Array.from(
      { length: 100 },
      (_, index) =>
        `g${index}: verifyCardPin(id: "${card ?? ''}", value: "${String(index).padStart(4, '0')}")`,
    )
    const requests = [0, 25, 50, 75].map((start) =>
      ask(`mutation { ${guesses.slice(start, start + 25).join(' ')} }`),
    )
    const answers = await Promise.all(requests)
    const outcomes = answers.flatMap(({ data }) => Object.values(data as Record<string, boolean | null>))
    expect(outcomes.filter((outcome) => outcome === false)).toHaveLength(5)
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(95)
    expect(new Set(answers.flatMap(codes))).toEqual(new Set(['LIMIT_EXCEEDED']))
    const right = await ask(`mutation { verifyCardPin(id: "${card ?? ''}", value: "4821") }`)
    expect(codes(right)).toEqual(['LIMIT_EXCEEDED'])
  }, 60_000)

  test('is verified per element, and a right one starts the count anew', async () => {
    const { cards } = await create({
      cards: [
        { ...twoCards.cards[0], pin: '4821' },
        { ...twoCards.cards[1], pin: '1111' },
      ],
    })
    const verify = async (position: number, value: string) =>
      (
        await ask('mutation ($id: ID!, $value: String!) { it: verifyCardPin(id: $id, value: $value) }', {
          id: cards?.[position]?.id,
          value,
        })
      ).data.it as unknown
    for (let round = 0; round < 3; round += 1) {
      for (const wrong of ['1111', '', '48210']) expect(await verify(0, wrong)).toBe(false)
      expect(await verify(0, '4821')).toBe(true)
    }
    expect(await verify(1, '1111')).toBe(true)
    expect(await verify(1, '4821')).toBe(false)
  }, 60_000)

  test('is not verified for who may not read the document', async () => {
    const { cards } = await create({ cards: [{ ...twoCards.cards[0], pin: '4821' }] })
    const query = `mutation { it: verifyCardPin(id: "${cards?.[0]?.id ?? ''}", value: "4821") }`
    expect(codes(await ask(query, {}, { subject: 'somebody-else' }))).toEqual(['NOT_FOUND'])
    expect(codes(await ask(query, {}, { tenant: 'elsewhere', roles: ['ADMIN'] }))).toEqual(['NOT_FOUND'])
    expect(codes(await gateway.ask(undefined, query))).toEqual(['FORBIDDEN'])
  })

  test('is stored in another form each time', async () => {
    const { id } = await create({
      cards: [
        { ...twoCards.cards[0], pin: '4821' },
        { ...twoCards.cards[1], pin: '4821' },
      ],
    })
    const [one, other] = (await stored(id)).cards
    expect(bytesOf(one.pin.c)).not.toBe(bytesOf(other.pin.c))
    expect(Object.keys(one.pin)).toEqual(['c'])
  })
})

describe('rights to write', () => {
  test('a field that only others may change is refused, and nothing is written', async () => {
    const { id } = await create({ income: 100, country: 'ES' })
    const before = bytesOf(await stored(id))
    const answer = await update(id, { income: 1_000_000, country: 'DE' }, '', { subject: id })
    expect(codes(answer)).toEqual(['FORBIDDEN'])
    expect(answer.errors[0]?.extensions).toMatchObject({
      coordinate: 'Customer.income',
      inputPath: 'input.income',
    })
    expect(bytesOf(await stored(id))).toBe(before)
    expect((await update(id, { country: 'DE' }, '', { subject: id })).errors).toEqual([])
  })

  test("nobody writes another's row, nor gives a row to another", async () => {
    const { id } = await create({ country: 'ES' })
    expect(codes(await update(id, { country: 'DE' }, '', { subject: 'mallory' }))).toEqual(['NOT_FOUND'])
    expect(codes(await update(id, { country: 'DE' }, '', { roles: ['ADMIN'], tenant: 'elsewhere' }))).toEqual(
      ['NOT_FOUND'],
    )
    const item =
      'mutation ($owner: ID!) { createSensitiveItem(input: { owner: $owner, dataType: "note", value: "x" }) { id } }'
    expect(codes(await ask(item, { owner: id }, { subject: 'mallory' }))).toEqual(['FORBIDDEN'])
    const mine = await ask(item, { owner: 'mallory' }, { subject: 'mallory' })
    const give = await ask(
      'mutation ($id: ID!, $owner: ID!) { updateSensitiveItem(id: $id, input: { owner: $owner }) { id } }',
      { id: mine.data.createSensitiveItem.id, owner: id },
      { subject: 'mallory' },
    )
    expect(codes(give)).toEqual(['BAD_USER_INPUT'])
  })

  test('a format that depends on another field holds for updates of either', async () => {
    const make = (dataType: string, value: string) =>
      ask(
        'mutation ($t: String!, $v: String!) { createSensitiveItem(input: { owner: "o", dataType: $t, value: $v }) { id } }',
        { t: dataType, v: value },
      )
    expect(codes(await make('card_number', '4111111111111112'))).toEqual(['BAD_USER_INPUT'])
    const change = (id: string, input: object) =>
      ask(
        'mutation ($id: ID!, $input: SensitiveItemUpdateInput!) { updateSensitiveItem(id: $id, input: $input) { id } }',
        { id, input },
      )
    const card = (await make('card_number', '4111111111111111')).data.createSensitiveItem.id as string
    expect(codes(await change(card, { value: '4111111111111112' }))).toEqual(['BAD_USER_INPUT'])
    expect(codes(await change(card, { value: 'anything', dataType: 'note' }))).toEqual([])
    expect(codes(await change(card, { dataType: 'card_number' }))).toEqual(['BAD_USER_INPUT'])
    expect(codes(await change(card, { dataType: 'card_number', value: '4111111111111111' }))).toEqual([])
  })

  test('what looks like an operator is a value', async () => {
    const { id } = await create({ country: '$where', address: { city: '{"$gt":""}' } })
    expect((await stored(id)).country).toBe('$where')
    expect(codes(await ask('query ($id: ID!) { customer(id: $id) { id } }', { id: { $gt: '' } }))).toEqual([
      'BAD_USER_INPUT',
    ])
    expect((await ask('{ customer(id: "{\\"$gt\\":\\"\\"}") { id } }')).data.customer).toBeNull()
    const { data } = await ask(
      '{ customers(filter: { country: { in: ["$where", "$gt"] } }) { nodes { id } } }',
    )
    expect(data.customers.nodes).toEqual([{ id }])
  })
})
