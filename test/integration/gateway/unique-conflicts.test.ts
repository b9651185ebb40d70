import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'

import { createTestGateway, type GraphQLAnswer, type TestGateway } from '../../support/create-test-gateway.ts'
import { readAudit } from '../../support/read-audit.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'

const sdl = `
  type Member @model @access(read: ["owner", "role:ADMIN"], write: ["authenticated"]) {
    id: ID!
    owner: ID! @subject
    email: String @encrypted(unique: true, normalize: [TRIM, LOWERCASE])
    handle: String! @index(unique: true)
    city: String
  }
`

let schema: SchemaFolder
let gateway: TestGateway
let count = 0

const admin = { roles: ['ADMIN'] }
const taken = Array.from({ length: 150 }, (_, index) => `taken${index}@example.com`)
/** A viewer whom nothing was counted for. */
const stranger = () => ({ id: `stranger-${(count += 1)}` })
const free = () => `free-${(count += 1)}`

const createMany = (viewer: object, inputs: readonly object[]): Promise<GraphQLAnswer> =>
  gateway.ask(
    viewer,
    'mutation ($inputs: [MemberCreateInput!]!) { it: createMembers(inputs: $inputs) { document { id } error { code coordinate message } } }',
    { inputs },
  )
const create = (viewer: object, input: object): Promise<GraphQLAnswer> =>
  gateway.ask(viewer, 'mutation ($input: MemberCreateInput!) { it: createMember(input: $input) { id } }', {
    input: { owner: 'o', handle: free(), ...input },
  })
const codes = ({ errors }: GraphQLAnswer) => errors.map(({ extensions }) => extensions.code)
const itemCodes = ({ data }: GraphQLAnswer) =>
  (data.it as { error: { code: string } | null }[]).map(({ error }) => error?.code ?? 'stored')

beforeAll(async () => {
  schema = createSchemaFolder(sdl)
  gateway = await createTestGateway({ schemaFolder: schema.folder })
  const inputs = taken.map((email) => ({ owner: 'o', handle: email, email }))
  expect(new Set(itemCodes(await createMany(admin, inputs)))).toEqual(new Set(['stored']))
})

beforeEach(async () => {
  await gateway.raw('sealgateAttempts').deleteMany({})
})

afterAll(async () => {
  await gateway.close()
  schema.remove()
})

describe('a viewer who may not see a unique field in every row', () => {
  test('meets twenty taken values, then is refused before the database is asked', async () => {
    const viewer = stranger()
    for (const email of taken.slice(0, 20))
      expect(codes(await create(viewer, { email }))).toEqual(['CONFLICT'])
    expect(codes(await create(viewer, { email: taken[20] }))).toEqual(['LIMIT_EXCEEDED'])
    expect(codes(await create(viewer, { email: `${free()}@example.com` }))).toEqual(['LIMIT_EXCEEDED'])
    expect(codes(await create(stranger(), { email: `${free()}@example.com` }))).toEqual([])
  })

  test('is told no field, also where every reader of a row sees it in clear', async () => {
    const answer = await create(stranger(), { handle: taken[0] })
    expect(answer.errors[0]?.extensions).toEqual({ code: 'CONFLICT' })
    expect(answer.errors[0]?.message).toBe('The write conflicts with stored data.')
  })

  test('gets no further by updates, nor by several fields', async () => {
    const viewer = { ...stranger(), subject: 'mine' }
    const made = await create(viewer, { owner: 'mine' })
    const update = (input: object) =>
      gateway.ask(
        viewer,
        'mutation ($id: ID!, $input: MemberUpdateInput!) { updateMember(id: $id, input: $input) { id } }',
        {
          id: made.data.it.id,
          input,
        },
      )
    for (const email of taken.slice(0, 10)) expect(codes(await update({ email }))).toEqual(['CONFLICT'])
    for (const handle of taken.slice(0, 10)) expect(codes(await update({ handle }))).toEqual(['CONFLICT'])
    expect(codes(await update({ email: taken[11] }))).toEqual(['LIMIT_EXCEEDED'])
    expect(codes(await update({ city: 'York' }))).toEqual([])
  })

  test('gets no further by a batch than its first hundred', async () => {
    const inputs = taken.map((email) => ({ owner: 'o', handle: free(), email }))
    const viewer = stranger()
    const outcomes = itemCodes(await createMany(viewer, inputs))
    expect(outcomes.slice(0, 100)).toEqual(Array(100).fill('CONFLICT'))
    expect(outcomes.slice(100)).toEqual(Array(50).fill('LIMIT_EXCEEDED'))
    expect(codes(await createMany(viewer, inputs))).toEqual(['LIMIT_EXCEEDED'])
  })

  test('creates as many documents as they like where nothing is taken', async () => {
    const viewer = stranger()
    const inputs = Array.from({ length: 250 }, () => ({
      owner: 'o',
      handle: free(),
      email: `${free()}@example.com`,
    }))
    expect(new Set(itemCodes(await createMany(viewer, inputs)))).toEqual(new Set(['stored']))
    expect(codes(await create(viewer, { email: `${free()}@example.com` }))).toEqual([])
  })
})

test('whoever may see the field in every row is told it, and may meet any number', async () => {
  for (const email of taken.slice(0, 30)) {
    const { errors } = await create(admin, { email })
    expect(errors[0]?.extensions).toEqual({ code: 'CONFLICT', coordinate: 'Member.email' })
  }
})

test('every conflict is in the audit log, with its field and without its value', async () => {
  const viewer = stranger()
  await create(viewer, { email: taken[0], owner: 'somebody' })
  const events = (await readAudit(gateway)).filter((event) => event.viewer === viewer.id)
  expect(events).toMatchObject([
    { outcome: 'conflicted', coordinate: 'Member.email', documents: [{ subject: 'somebody' }] },
  ])
  expect(JSON.stringify(events)).not.toContain('taken')
})
