import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'

import { createTestGateway, type TestGateway } from '../support/create-test-gateway.ts'
import { createSchemaFolder, type SchemaFolder } from '../support/schema-folder.ts'

const sdl = `
  type Person @model(collection: "people")
    @access(read: ["role:ADMIN", "role:ANALYST"], write: ["role:ADMIN"]) {
    id: ID!
    owner: ID! @subject
    name: String
    size: Int
    score: Int @masked(as: ROUND, reveal: ["role:ADMIN", "owner"])
    email: String @encrypted(searchable: true, normalize: [LOWERCASE]) @masked(as: EMAIL, reveal: ["role:ADMIN", "owner"])
  }
`

interface Person {
  readonly owner: string
  readonly name: string | null
  readonly size: number | null
  readonly score: number | null
  readonly email: string | null
}

const nullable = <T>(values: readonly T[]) => fc.constantFrom(...values, null)
const texts = ['a', 'b', 'B', '', '$a']
const numbers = [-1, 0, 1, 2]
const emails = ['a@x.com', 'A@X.com', 'b@x.com']
const people: readonly Person[] = fc.sample(
  fc.record({
    owner: fc.constantFrom('ada', 'bob'),
    name: nullable(texts),
    size: nullable(numbers),
    score: nullable(numbers),
    email: nullable(emails),
  }),
  { numRuns: 24, seed: 7 },
)

type Filter = Readonly<Record<string, any>>

const comparison = (values: readonly unknown[]): fc.Arbitrary<Filter> =>
  fc.oneof(
    fc.record({ eq: nullable(values) }),
    fc.record({ ne: nullable(values) }),
    fc.record({ in: fc.array(fc.constantFrom(...values), { maxLength: 3 }) }),
    fc.record({ gt: fc.constantFrom(...values), lte: fc.constantFrom(...values) }, { requiredKeys: [] }),
    fc.record({ gte: fc.constantFrom(...values), lt: fc.constantFrom(...values) }, { requiredKeys: ['lt'] }),
  )
const search = fc.oneof(
  fc.record({ eq: nullable(emails) }),
  fc.record({ in: fc.array(fc.constantFrom(...emails), { maxLength: 3 }) }),
)

const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record(
      { name: comparison(texts), size: comparison(numbers), score: comparison(numbers), email: search },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        and: fc.array(tie('filter'), { maxLength: 2 }),
        or: fc.array(tie('filter'), { maxLength: 2 }),
        not: tie('filter'),
        size: comparison(numbers),
      },
      { requiredKeys: [] },
    ),
  ),
}))

let schema: SchemaFolder
let gateway: TestGateway
let stored: readonly (Person & { readonly id: string })[]

beforeAll(async () => {
  schema = createSchemaFolder(sdl)
  gateway = await createTestGateway({ schemaFolder: schema.folder })
  const query =
    'mutation ($inputs: [PersonCreateInput!]!) { createPeople(inputs: $inputs) { document { id } } }'
  const { data } = await gateway.ask({ roles: ['ADMIN'] }, query, { inputs: people })
  stored = people.map((person, index) => ({ ...person, id: data.createPeople[index].document.id as string }))
})

afterAll(async () => {
  await gateway.close()
  schema.remove()
})

const ask = (viewer: object, where: Filter) =>
  gateway.ask(
    viewer,
    'query ($where: PersonFilter) { it: people(first: 100, filter: $where) { nodes { id } } }',
    { where },
  )

const normalised = (field: string, value: unknown) =>
  field === 'email' && typeof value === 'string' ? value.toLowerCase() : value

/** MongoDB's order of comparison, as far as it matters here: null is equal to null alone, and neither above nor below anything. */
function compares(field: string, operator: string, held: unknown, given: unknown): boolean {
  const [left, right] = [normalised(field, held), normalised(field, given)]
  if (operator === 'eq') return left === right
  if (operator === 'ne') return left !== right
  if (operator === 'in') return (given as readonly unknown[]).some((item) => normalised(field, item) === left)
  if (left === null) return false
  const [a, b] = [left as number, right as number]
  return operator === 'gt' ? a > b : operator === 'gte' ? a >= b : operator === 'lt' ? a < b : a <= b
}

function holds(where: Filter, person: Person): boolean {
  return Object.entries(where).every(([name, value]) => {
    if (name === 'and') return (value as Filter[]).every((inner) => holds(inner, person))
    if (name === 'or') return (value as Filter[]).some((inner) => holds(inner, person))
    if (name === 'not') return !holds(value as Filter, person)
    const held = person[name as keyof Person]
    return Object.entries(value as Filter).every(([operator, given]) => compares(name, operator, held, given))
  })
}

function mentions(where: Filter, fields: readonly string[], inside = ''): boolean {
  return Object.entries(where).some(([name, value]) => {
    if (name === 'and' || name === 'or')
      return (value as Filter[]).some((inner) => mentions(inner, fields, inside))
    if (name === 'not') return mentions(value as Filter, fields, '')
    return fields.includes(name)
  })
}

/** Whether an encrypted field stands below a `not`, where it cannot be searched. */
function negatesSearch(where: Filter, negated = false): boolean {
  return Object.entries(where).some(([name, value]) => {
    if (name === 'and' || name === 'or')
      return (value as Filter[]).some((inner) => negatesSearch(inner, negated))
    if (name === 'not') return negatesSearch(value as Filter, true)
    return name === 'email' && negated
  })
}

test('a filter finds for each viewer what it says, or is refused where it would tell', async () => {
  const viewers = [
    { viewer: { roles: ['ADMIN'] }, clear: () => true },
    { viewer: { roles: ['ANALYST'], subject: 'ada' }, clear: (owner: string) => owner === 'ada' },
    { viewer: { roles: ['ANALYST'], kind: 'service' }, clear: undefined },
  ] as const
  await fc.assert(
    fc.asyncProperty(filter, async (where) => {
      for (const { viewer, clear } of viewers) {
        const { data, errors } = await ask(viewer, where)
        const codes = errors.map(({ extensions }) => extensions.code)
        const isProtected = mentions(where, ['score', 'email'])
        if (isProtected && clear === undefined) {
          // Whichever is met first is told.
          expect(['FORBIDDEN', 'BAD_USER_INPUT']).toContain(codes.join())
          expect(data.it).toBeNull()
        } else if (negatesSearch(where)) expect(codes).toEqual(['BAD_USER_INPUT'])
        else {
          const visible = stored.filter(({ owner }) => !isProtected || clear?.(owner))
          const expected = visible.filter((person) => holds(where, person)).map(({ id }) => ({ id }))
          expect({ codes, nodes: data.it?.nodes as unknown }).toEqual({ codes: [], nodes: expected })
        }
      }
    }),
    { numRuns: 300 },
  )
}, 120_000)
