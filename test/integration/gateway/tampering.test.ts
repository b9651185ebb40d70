import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import { createTestGateway, type GraphQLAnswer, type TestGateway } from '../../support/create-test-gateway.ts'
import { readAudit } from '../../support/read-audit.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'

const { Binary, Long, ObjectId } = mongoose.mongo
type Binary = InstanceType<typeof Binary>
interface Sealed {
  c: Binary
  m?: Record<string, Binary>
  t0?: Binary
}
type Stored = Record<string, any>

const fields = `
    id: ID!
    owner: ID! @subject
    name: String
    note: String @access(read: ["role:ADMIN"])
    first: String @encrypted @masked(as: LAST4, for: ["role:ANALYST"], reveal: ["role:ADMIN"]) @masked(as: FULL, for: ["role:CLERK"])
    second: String @encrypted @masked(as: LAST4, reveal: ["role:ADMIN"])
    email: String @encrypted(searchable: true) @masked(as: EMAIL, reveal: ["role:ADMIN"])
    income: Float @encrypted(key: FINANCIAL) @masked(as: ROUND, reveal: ["role:ADMIN"])
    shared: String @encrypted(scope: TENANT) @masked(as: LAST4, reveal: ["role:ADMIN"])
    ofModel: String @encrypted(scope: MODEL)
    ofDocument: String @encrypted(scope: DOCUMENT)
    tags: [String!] @encrypted
    home: Home
    groups: [Group!]
`
const sdl = `
  type Person @model(collection: "people") @access(read: ["authenticated"], write: ["authenticated"]) {${fields}}
  type Twin @model(collection: "twins") @access(read: ["authenticated"], write: ["authenticated"]) {${fields}}
  type Home @embedded { street: String @encrypted city: String }
  type Group @embedded { label: String cards: [Card!] }
  type Card @embedded { number: String @encrypted bank: String }
`

const selection = `{
  id name note first second email income shared ofModel ofDocument tags
  home { street city } groups { label cards { number bank } }
}`

const input = (owner: string) => ({
  owner,
  name: 'Ada',
  note: 'open',
  first: `first of ${owner}`,
  second: `second of ${owner}`,
  email: `${owner}@example.com`,
  income: 48_250,
  shared: 'shared words',
  ofModel: 'model words',
  ofDocument: 'document words',
  tags: ['alpha', 'beta'],
  home: { street: '12 Main Street', city: 'York' },
  groups: [
    {
      label: 'x',
      cards: [
        { number: '4111', bank: 'A' },
        { number: '4222', bank: 'B' },
      ],
    },
    { label: 'y', cards: [{ number: '4333', bank: 'C' }] },
  ],
})

let schema: SchemaFolder
let gateway: TestGateway
const ids: Record<'one' | 'sameOwner' | 'otherOwner' | 'otherTenant' | 'twin', string> = {
  one: '',
  sameOwner: '',
  otherOwner: '',
  otherTenant: '',
  twin: '',
}
/** Every document as it was created. */
const originals = new Map<string, Stored>()
let keyRows: Stored[]

const admin = { roles: ['ADMIN'] }
const analyst = { roles: ['ANALYST'] }
const clerk = { roles: ['CLERK'] }

async function create(type: 'Person' | 'Twin', owner: string, tenant = 'default'): Promise<string> {
  const query = `mutation ($input: ${type}CreateInput!) { made: create${type}(input: $input) { id } }`
  const answer = await gateway.ask({ ...admin, tenant }, query, { input: input(owner) })
  expect(answer.errors).toEqual([])
  return (answer.data as { made: { id: string } }).made.id
}

const people = () => gateway.raw('people')
const keys = () => gateway.rawKeys('datakeys')

beforeAll(async () => {
  schema = createSchemaFolder(sdl)
  gateway = await createTestGateway({ schemaFolder: schema.folder })
  ids.one = await create('Person', 'ada')
  ids.sameOwner = await create('Person', 'ada')
  ids.otherOwner = await create('Person', 'bob')
  ids.otherTenant = await create('Person', 'ada', 'elsewhere')
  ids.twin = await create('Twin', 'ada')
  for (const document of [
    ...(await people().find().toArray()),
    ...(await gateway.raw('twins').find().toArray()),
  ]) {
    originals.set(String(document._id), document)
  }
  keyRows = await keys().find().toArray()
})

afterEach(async () => {
  await people().deleteMany({})
  await people().insertMany(
    [...originals].filter(([id]) => id !== ids.twin).map(([, document]) => document as never),
  )
  await keys().deleteMany({})
  await keys().insertMany(keyRows)
  gateway.gateway.keyRing.clear()
})

afterAll(async () => {
  await gateway.close()
  schema.remove()
})

const stored = (which: keyof typeof ids): Stored => structuredCloneBson(originals.get(ids[which]) ?? {})

function structuredCloneBson(document: Stored): Stored {
  return mongoose.mongo.BSON.deserialize(mongoose.mongo.BSON.serialize(document))
}

const ask = (viewer: object, id = ids.one): Promise<GraphQLAnswer> =>
  gateway.ask(viewer, `query ($id: ID!) { person(id: $id) ${selection} }`, { id })

/** Stores a changed document and reads it as a viewer; the answer must never hold a stored byte. */
async function readChanged(
  change: (document: Stored) => void,
  viewer: object = admin,
): Promise<GraphQLAnswer> {
  const document = stored('one')
  change(document)
  await people().replaceOne({ _id: ids.one as never }, document)
  const answer = await ask(viewer)
  expectNoStoredBytes(answer.text, document)
  expectNoStoredBytes(gateway.logs.join('\n'), document)
  return answer
}

function expectNoStoredBytes(text: string, value: unknown): void {
  for (const bytes of bytesIn(value)) {
    if (bytes.length < 12) continue
    // Three offsets, because base64 depends on what precedes.
    const base64 = [0, 1, 2].map((skip) => bytes.subarray(skip, skip + 12 - (12 % 3)).toString('base64'))
    for (const form of [bytes.toString('hex').slice(0, 24), ...base64]) expect(text).not.toContain(form)
  }
}

function bytesIn(value: unknown): Buffer[] {
  if (value instanceof Binary) return [Buffer.from(value.buffer)]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(bytesIn) : []
}

/** Everything as it was, but for the one field, which is null with the code. */
async function expectOnlyFailure(
  answer: GraphQLAnswer,
  path: readonly (string | number)[],
  { code = 'DECRYPTION_FAILED', viewer = admin }: { code?: string; viewer?: object } = {},
): Promise<void> {
  expect(
    answer.errors.filter(({ extensions }) => extensions.code !== 'FORBIDDEN' || code === 'FORBIDDEN'),
  ).toContainEqual(
    expect.objectContaining({ path: ['person', ...path], extensions: expect.objectContaining({ code }) }),
  )
  await people().replaceOne({ _id: ids.one as never }, stored('one'))
  const whole = await ask(viewer)
  expect(answer.errors).toHaveLength(whole.errors.length + 1)
  const expected = structuredClone(whole.data) as Stored
  let holder = expected.person as Stored
  for (const key of path.slice(0, -1)) holder = holder[key] as Stored
  holder[path.at(-1) ?? ''] = null
  expect(answer.data).toEqual(expected)
}

const firstOf = (which: keyof typeof ids, field = 'first'): Sealed => stored(which)[field] as Sealed

test('untouched, everything is read in clear by one viewer and masked by another', async () => {
  const clear = await ask(admin)
  expect(clear.errors).toEqual([])
  expect(clear.data.person).toMatchObject(
    Object.fromEntries(Object.entries(input('ada')).filter(([name]) => name !== 'owner')),
  )
  const masked = await ask(analyst)
  expect(masked.data.person).toMatchObject({ first: expect.stringMatching(/^\*+/), income: 48_000 })
  expect(masked.text).not.toContain('first of')
})

describe('a ciphertext that was copied from another place is not read', () => {
  const copies: Readonly<Record<string, (document: Stored) => void>> = {
    'another field': (document) => (document.first = document.second),
    'another document of the same subject': (document) => (document.first = firstOf('sameOwner')),
    'another subject': (document) => (document.first = firstOf('otherOwner')),
    'another tenant': (document) => (document.first = firstOf('otherTenant')),
    'another collection': (document) => (document.first = firstOf('twin')),
    'an embedded object': (document) => (document.first = document.home.street),
    'a list element': (document) => (document.first = document.groups[0].cards[0].number),
    'a field of another scope': (document) => (document.first = document.shared),
    'its own mask': (document) => (document.first.c = document.first.m.LAST4),
    'the mask of another field': (document) => (document.first.c = document.second.m.LAST4),
    'its own search term': (document) => (document.first.c = document.email.t0),
  }
  test.each(Object.keys(copies))('%s', async (name) => {
    await expectOnlyFailure(await readChanged((document) => copies[name]?.(document)), ['first'])
  })

  test.each(['shared', 'ofModel', 'ofDocument', 'income', 'tags'])(
    '%s of another document',
    async (field) => {
      await expectOnlyFailure(
        await readChanged((document) => (document[field] = firstOf('sameOwner', field))),
        [field],
      )
    },
  )

  test.each(['shared', 'ofModel'])('%s of another tenant', async (field) => {
    await expectOnlyFailure(
      await readChanged((document) => (document[field] = firstOf('otherTenant', field))),
      [field],
    )
  })

  test('another list element', async () => {
    const answer = await readChanged(({ groups }) => (groups[0].cards[0].number = groups[0].cards[1].number))
    await expectOnlyFailure(answer, ['groups', 0, 'cards', 0, 'number'])
  })

  test('an element whose id was changed', async () => {
    const answer = await readChanged(({ groups }) => (groups[0].cards[0]._id = groups[0].cards[1]._id))
    await expectOnlyFailure(answer, ['groups', 0, 'cards', 0, 'number'])
  })

  test('an element without an id', async () => {
    const answer = await readChanged(({ groups }) => delete groups[0].cards[0]._id)
    await expectOnlyFailure(answer, ['groups', 0, 'cards', 0, 'number'])
  })

  test('an element that was moved to another parent', async () => {
    const answer = await readChanged(({ groups }) => (groups[1].cards[0] = groups[0].cards[0]))
    expect(answer.data.person.groups[1]).toEqual({ label: 'y', cards: [{ number: null, bank: 'A' }] })
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['DECRYPTION_FAILED'])
    expect(answer.data.person.groups[0].cards[0].number).toBe('4111')
  })
})

describe('a masked form that was changed is not shown, and the clear value still is', () => {
  const changes: Readonly<Record<string, readonly [code: string, (document: Stored) => void]>> = {
    'the value in its place': ['DECRYPTION_FAILED', ({ first }) => (first.m.LAST4 = first.c)],
    'the mask of another field': [
      'DECRYPTION_FAILED',
      ({ first, second }) => (first.m.LAST4 = second.m.LAST4),
    ],
    'the mask of another document': [
      'DECRYPTION_FAILED',
      ({ first }) => (first.m.LAST4 = firstOf('sameOwner').m?.LAST4),
    ],
    'the mask of another subject': [
      'DECRYPTION_FAILED',
      ({ first }) => (first.m.LAST4 = firstOf('otherOwner').m?.LAST4),
    ],
    'the mask of another tenant': [
      'DECRYPTION_FAILED',
      ({ first }) => (first.m.LAST4 = firstOf('otherTenant').m?.LAST4),
    ],
    'another style of the same field': ['FORBIDDEN', ({ first }) => (first.m.LAST4 = first.m.FULL)],
    'no mask': ['FORBIDDEN', ({ first }) => delete first.m.LAST4],
    'text for a mask': ['DECRYPTION_FAILED', ({ first }) => (first.m.LAST4 = 'x')],
    'text for the masks': ['FORBIDDEN', ({ first }) => (first.m = 'x')],
    'no masks at all': ['FORBIDDEN', ({ first }) => delete first.m],
    'a bit flipped': ['DECRYPTION_FAILED', ({ first }) => (first.m.LAST4 = flipped(first.m.LAST4, 60))],
    'the key of another purpose named': [
      'DECRYPTION_FAILED',
      ({ first }) => (first.m.LAST4 = withKeyId(first.m.LAST4, first.c)),
    ],
  }
  test.each(Object.keys(changes))('%s', async (name) => {
    const [code, change] = changes[name] ?? []
    const masked = await readChanged((document) => change?.(document), analyst)
    const clear = await ask(admin)
    expect(clear.errors).toEqual([])
    expect(clear.data.person.first).toBe('first of ada')
    await expectOnlyFailure(masked, ['first'], { code, viewer: analyst })
  })

  test('a mask that only others are shown does not matter', async () => {
    const answer = await readChanged(({ first }) => (first.m.FULL = flipped(first.m.FULL, 60)), analyst)
    expect(answer.data.person.first).toMatch(/^\*+/)
    expect((await ask(clerk)).data.person.first).toBeNull()
  })
})

describe('bytes that were changed', () => {
  test('one bit, in every byte of a ciphertext', async () => {
    const length = firstOf('one').c.length()
    for (let position = 0; position < length; position += 1) {
      const answer = await readChanged(({ first }) => (first.c = flipped(first.c, position)))
      expect({
        position,
        first: answer.data.person.first as unknown,
        second: answer.data.person.second as unknown,
      }).toEqual({
        position,
        first: null,
        second: 'second of ada',
      })
      expect(answer.errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([
        [['person', 'first'], 'DECRYPTION_FAILED'],
      ])
    }
  })

  test('cut to every shorter length', async () => {
    const bytes = Buffer.from(firstOf('one').c.buffer)
    for (let length = 0; length < bytes.length; length += 1) {
      const answer = await readChanged(({ first }) => (first.c = new Binary(bytes.subarray(0, length), 0x80)))
      expect({ length, first: answer.data.person.first as unknown }).toEqual({ length, first: null })
      expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['DECRYPTION_FAILED'])
    }
  })

  test('a byte more', async () => {
    const longer = Buffer.concat([firstOf('one').c.buffer, Buffer.of(0)])
    await expectOnlyFailure(await readChanged(({ first }) => (first.c = new Binary(longer, 0x80))), ['first'])
  })
})

describe('a stored value that is no ciphertext is null with an error', () => {
  const values: Readonly<Record<string, (sealed: Sealed) => unknown>> = {
    text: () => 'plaintext',
    'empty text': () => '',
    'a number': () => 42,
    zero: () => 0,
    'a 64-bit number': () => Long.fromNumber(7),
    true: () => true,
    'a date': () => new Date(0),
    'an object id': () => new ObjectId(),
    'the bytes alone': ({ c }) => c,
    'the bytes of another subtype': ({ c, m }) => ({ c: new Binary(c.buffer, 0), m }),
    'no bytes': ({ m }) => ({ m }),
    'bytes that are null': ({ m }) => ({ c: null, m }),
    'bytes that are text': ({ c, m }) => ({ c: c.toString('base64'), m }),
    'a look-alike of a binary': () => ({ c: { buffer: new Uint8Array(80), position: 80 } }),
    'an empty object': () => ({}),
    'an empty list': () => [],
    'a list with it inside': (sealed) => [sealed],
  }
  test.each(Object.keys(values))('%s', async (name) => {
    await expectOnlyFailure(
      await readChanged((document) => (document.first = values[name]?.(document.first as Sealed))),
      ['first'],
    )
  })

  test.each(Object.keys(values))('%s, to who sees it masked', async (name) => {
    const answer = await readChanged(
      (document) => (document.second = values[name]?.(document.second as Sealed)),
      analyst,
    )
    expect(answer.data.person.second).toBeNull()
    expect(answer.errors.find(({ path }) => path?.[1] === 'second')?.extensions.code).toBe(
      'DECRYPTION_FAILED',
    )
  })

  test('null is read as null: that a value was removed cannot be told', async () => {
    const answer = await readChanged((document) => (document.first = null))
    expect(answer.errors).toEqual([])
    expect(answer.data.person.first).toBeNull()
  })

  test('a list element or an embedded object that is none leaves its siblings readable', async () => {
    for (const value of ['text', 7, true, new Binary(Buffer.from('0123456789abcdef'), 0x80), [1]]) {
      const answer = await readChanged(({ groups }) => (groups[0].cards[0] = value))
      expect(answer.data.person).toMatchObject({ first: 'first of ada', home: { street: '12 Main Street' } })
      expect(answer.data.person.groups[0].cards[0]).toEqual({ number: null, bank: null })
      const home = await readChanged((document) => (document.home = value))
      expect(home.data.person).toMatchObject({ first: 'first of ada', tags: ['alpha', 'beta'] })
    }
  })
})

describe('a ciphertext in a plain field is not shown', () => {
  test.each(['name', 'note'])('%s', async (field) => {
    for (const value of [firstOf('one'), firstOf('one').c]) {
      const answer = await readChanged((document) => (document[field] = value))
      expect(answer.data.person).toMatchObject({ [field]: null, first: 'first of ada' })
      expect(answer.errors).toHaveLength(1)
    }
  })
})

describe('a document whose own bookkeeping was changed', () => {
  const encrypted = ['first', 'second', 'email', 'income', 'shared', 'ofModel', 'ofDocument', 'tags']

  test('of another subject: plain fields are read, no other', async () => {
    const answer = await readChanged((document) => (document._subject = 'bob'))
    expect(answer.data.person).toMatchObject({
      name: 'Ada',
      ...Object.fromEntries(encrypted.map((name) => [name, null])),
    })
    expect(new Set(answer.errors.map(({ extensions }) => extensions.code))).toEqual(
      new Set(['DECRYPTION_FAILED']),
    )
  })

  test('of another tenant: out of reach here, unreadable there', async () => {
    const here = await readChanged((document) => (document._tenant = 'elsewhere'))
    expect(here.data.person).toBeNull()
    const there = await gateway.ask(
      { ...admin, tenant: 'elsewhere' },
      `{ person(id: "${ids.one}") ${selection} }`,
    )
    expect(there.data.person).toMatchObject({
      name: 'Ada',
      ...Object.fromEntries(encrypted.map((name) => [name, null])),
    })
  })

  test('copied under another id', async () => {
    await people().insertOne({ ...stored('one'), _id: 'copy' as never })
    const answer = await ask(admin, 'copy')
    expect(answer.data.person).toMatchObject({
      name: 'Ada',
      ...Object.fromEntries(encrypted.map((name) => [name, null])),
    })
  })
})

describe('key rows that were changed', () => {
  const rowOf = (scopeId: string, tenant = 'default') =>
    structuredCloneBson(
      keyRows.find(({ holder }) => holder.scopeId === scopeId && holder.tenant === tenant) ?? {},
    )
  const PII = 'PII:REVEAL:1'

  async function readWith(
    change: (row: Stored) => Stored | undefined,
    viewer: object = admin,
  ): Promise<GraphQLAnswer> {
    const row = rowOf('ada')
    const changed = change(row)
    await (changed === undefined
      ? keys().deleteOne({ _id: row._id })
      : keys().replaceOne({ _id: row._id }, changed))
    gateway.gateway.keyRing.clear()
    return ask(viewer)
  }

  const changes: Readonly<Record<string, readonly [code: string, (row: Stored) => Stored | undefined]>> = {
    "swapped with another subject's": ['DECRYPTION_FAILED', (row) => ({ ...rowOf('bob'), _id: row._id })],
    "of another subject's wrapped bytes": [
      'DECRYPTION_FAILED',
      (row) => withKey(row, { wrapped: rowOf('bob').keys[PII].wrapped }),
    ],
    "of another tenant's wrapped bytes": [
      'DECRYPTION_FAILED',
      (row) => withKey(row, { wrapped: rowOf('ada', 'elsewhere').keys[PII].wrapped }),
    ],
    "of another purpose's wrapped bytes": [
      'DECRYPTION_FAILED',
      (row) => withKey(row, { wrapped: row.keys['PII:MASK:1'].wrapped }),
    ],
    "of another type's wrapped bytes": [
      'DECRYPTION_FAILED',
      (row) => withKey(row, { wrapped: row.keys['FINANCIAL:REVEAL:1'].wrapped }),
    ],
    "with another key's id": [
      'DECRYPTION_FAILED',
      (row) => withKey(row, { keyId: rowOf('bob').keys[PII].keyId }),
    ],
    "with another key's id and bytes": [
      'DECRYPTION_FAILED',
      (row) => withKey(row, { keyId: rowOf('bob').keys[PII].keyId, wrapped: rowOf('bob').keys[PII].wrapped }),
    ],
    "with another key's bytes under its own id": [
      'DECRYPTION_FAILED',
      (row) => withKey(row, { wrapped: row.keys['PII:MASK:1'].wrapped, purpose: 'MASK' }),
    ],
    'with a bit flipped': [
      'DECRYPTION_FAILED',
      (row) => withKey(row, { wrapped: flipped(row.keys[PII].wrapped, 30) }),
    ],
    'with fewer bytes': [
      'DECRYPTION_FAILED',
      (row) => withKey(row, { wrapped: new Binary(Buffer.alloc(3)) }),
    ],
    removed: ['DECRYPTION_FAILED', () => undefined],
    'without the key': ['DECRYPTION_FAILED', (row) => ({ ...row, keys: {} })],
    disabled: ['KEY_UNAVAILABLE', (row) => withKey(row, { state: 'disabled' })],
    destroyed: ['ERASED', (row) => withKey(row, { state: 'destroyed' })],
    erased: ['ERASED', (row) => ({ ...row, erased: true })],
    'in a state that nobody knows': ['DECRYPTION_FAILED', (row) => withKey(row, { state: 'toString' })],
  }

  function withKey(row: Stored, change: object): Stored {
    return { ...row, keys: { ...row.keys, [PII]: { ...row.keys[PII], ...change } } }
  }

  test.each(Object.keys(changes))('%s', async (name) => {
    const [code, change] = changes[name] ?? []
    const answer = await readWith((row) => change?.(row))
    expect(answer.data.person).toMatchObject({
      name: 'Ada',
      first: null,
      second: null,
      shared: 'shared words',
    })
    expect(answer.errors.find(({ path }) => path?.[1] === 'first')?.extensions.code).toBe(code)
    expectNoStoredBytes(answer.text, stored('one'))
  })

  test('say of themselves whose they are, and are not believed', async () => {
    const answer = await readWith((row) => ({
      ...row,
      holder: { tenant: 'elsewhere', scope: 'TENANT', scopeId: 'x' },
    }))
    expect(answer.data.person.first).toBe('first of ada')
  })

  test('are not used in the place of a cached key', async () => {
    await ask(admin)
    await ask(admin, ids.otherOwner)
    const answer = await readChanged(({ first }) => (first.c = withKeyId(first.c, firstOf('otherOwner').c)))
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['DECRYPTION_FAILED'])
  })
})

describe('a search that was tampered with', () => {
  const search = (email: string) =>
    gateway.ask(
      admin,
      'query ($email: String!) { people(filter: { email: { eq: $email } }) { nodes { id email } } }',
      { email },
    )

  test('finds no row by the term of another', async () => {
    await readChanged(({ email }) => (email.t0 = firstOf('otherOwner', 'email').t0))
    const answer = await search('bob@example.com')
    expect(answer.data.people.nodes).toEqual([{ id: ids.otherOwner, email: 'bob@example.com' }])
  })

  test('finds no row whose value was exchanged below its term', async () => {
    await readChanged(({ email }) => (email.c = firstOf('sameOwner', 'email').c))
    const answer = await search('ada@example.com')
    expect(answer.data.people.nodes).toEqual([{ id: ids.sameOwner, email: 'ada@example.com' }])
  })
})

describe('a search finds no row by the term of another', () => {
  const forms: Readonly<Record<string, (own: Sealed, theirs: Binary | undefined) => unknown>> = {
    'without a ciphertext': (_own, t0) => ({ t0 }),
    'with a ciphertext that is text': (own, t0) => ({ ...own, c: 'text', t0 }),
    'with a mask that is text': (own, t0) => ({ ...own, m: { EMAIL: 'text' }, t0 }),
    'in a list of sealed values': (own, t0) => [{ ...own, t0 }],
    'in a list of terms': (own, t0) => ({ ...own, t0: [own.t0, t0] }),
    'in the other slot beside null': (own, t1) => ({ ...own, t0: null, t1 }),
    'in the other slot beside its own': (own, t1) => ({ ...own, t1 }),
  }
  const filters = [
    '{ email: { eq: "bob@example.com" } }',
    '{ email: { in: ["bob@example.com", "carol@example.com"] } }',
    '{ or: [{ email: { eq: "bob@example.com" } }, { name: { eq: "nobody" } }] }',
  ]
  test.each(Object.keys(forms))('%s', async (name) => {
    const { t0 } = firstOf('otherOwner', 'email')
    await readChanged((document) => (document.email = forms[name]?.(document.email as Sealed, t0)))
    for (const filter of filters) {
      const { data } = await gateway.ask(admin, `{ people(filter: ${filter}) { nodes { id email } } }`)
      expect(data.people.nodes).toEqual([{ id: ids.otherOwner, email: 'bob@example.com' }])
    }
    const failed = (await readAudit(gateway)).filter(({ outcome }) => outcome === 'failed')
    expect(failed.at(-1)).toMatchObject({ coordinate: 'Person.email', documents: [{ id: ids.one }] })
  })
})

describe('a write beside what was tampered with', () => {
  const update = (fields: object) =>
    gateway.ask(
      admin,
      'mutation ($id: ID!, $input: PersonUpdateInput!) { updatePerson(id: $id, input: $input) { name } }',
      {
        id: ids.one,
        input: fields,
      },
    )

  test('of another field succeeds and leaves it as it is', async () => {
    await readChanged((document) => (document.first = 'plaintext'))
    expect((await update({ name: 'Grace' })).errors).toEqual([])
    expect(await people().findOne({ _id: ids.one as never })).toMatchObject({
      name: 'Grace',
      first: 'plaintext',
    })
  })

  test('of the list that holds it is refused and changes nothing', async () => {
    await readChanged(({ groups }) => (groups[0].cards[0].number = 'plaintext'))
    const before = await people().findOne({ _id: ids.one as never })
    const [x, y] = before?.groups as Stored[]
    const answer = await update({ groups: [{ id: x?._id, label: 'z' }, { id: y?._id }] })
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['DECRYPTION_FAILED'])
    expect(await people().findOne({ _id: ids.one as never })).toEqual(before)
  })
})

function flipped(binary: Binary, position: number): Binary {
  const bytes = Buffer.from(binary.buffer)
  bytes[position] = (bytes[position] ?? 0) ^ (1 << (position % 8))
  return new Binary(bytes, binary.sub_type)
}

/** The key id stands in bytes 2 to 34. */
function withKeyId(binary: Binary, other: Binary): Binary {
  const bytes = Buffer.from(binary.buffer)
  bytes.set(other.buffer.subarray(2, 34), 2)
  return new Binary(bytes, binary.sub_type)
}
