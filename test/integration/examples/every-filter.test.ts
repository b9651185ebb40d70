import { rmSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { writeEveryScalarSchema } from './every-scalar-schema.ts'

const admin = { roles: ['ADMIN'] }
const schemaFolder = writeEveryScalarSchema()
let t: TestGateway

/** Of each scalar that can be compared, values in ascending order, those that are hard to keep apart beside each other. */
const ascending: Readonly<Record<string, readonly unknown[]>> = {
  ID: ['', '10', '9', 'a', 'b'],
  String: ['', ' ', 'Z', 'a', 'ä', '\u{1f600}'],
  Int: [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1],
  Float: [-Number.MAX_VALUE, -1.5, 0, Number.MIN_VALUE, 0.1, 2 ** 31, 2 ** 53, 1e300],
  BigInt: [
    '-9223372036854775808',
    '-1',
    '0',
    '2147483648',
    '9007199254740992',
    '9007199254740993',
    '9223372036854775807',
  ],
  Date: ['0001-01-01', '1969-12-31', '1970-01-01', '2024-02-29', '9999-12-31'],
  DateTime: [
    '0001-01-01T00:00:00.000Z',
    '1969-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00.000Z',
    '2024-02-29T12:00:00.001Z',
  ],
  Boolean: [false, true],
  Colour: ['BLUE', 'GREEN', 'RED'],
}
const ordered = Object.entries(ascending).filter(([name]) => name !== 'Boolean' && name !== 'Colour')
const searchable = ['ID', 'String', 'Int', 'BigInt', 'Date']

beforeAll(async () => {
  t = await createTestGateway({ schemaFolder })
  const longest = Math.max(...Object.values(ascending).map(({ length }) => length))
  // Each value twice; where a scalar has fewer values than others, the rest has none or null.
  const inputs = Array.from({ length: longest * 2 + 2 }, (_, position) =>
    Object.fromEntries(
      Object.entries(ascending).flatMap(([name, values]): [string, unknown][] => {
        const value = values[Math.floor(position / 2)]
        if (value === undefined) return position % 2 === 0 ? [] : [[`plain${name}`, null]]
        return [
          [`plain${name}`, value],
          [`sealed${name}`, value],
        ]
      }),
    ),
  )
  const { errors } = await t.ask(
    admin,
    'mutation ($inputs: [SampleCreateInput!]!) { createSamples(inputs: $inputs) { error { message } } }',
    { inputs: inputs.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)) },
  )
  expect(errors).toEqual([])
})

afterAll(async () => {
  await t.close()
  rmSync(schemaFolder, { recursive: true })
})

async function find(field: string, filter: object): Promise<unknown[]> {
  const { data, text } = await t.ask(
    admin,
    `query ($filter: SampleFilter) { samples(filter: $filter, first: 100) { nodes { ${field} } } }`,
    { filter },
  )
  if (data?.samples == null) throw new Error(text)
  const nodes: readonly Record<string, unknown>[] = data.samples.nodes
  return nodes.map((node) => node[field])
}

/** All values of a field in the order of pages of three. */
async function readPages(field: string, direction: 'ASC' | 'DESC'): Promise<unknown[]> {
  const values: unknown[] = []
  let after: string | null = null
  do {
    const { data, text } = await t.ask(
      admin,
      `query ($after: String) {
        samples(first: 3, after: $after, orderBy: { field: ${field}, direction: ${direction} }) {
          nodes { ${field} } pageInfo { hasNextPage endCursor }
        }
      }`,
      { after },
    )
    if (data?.samples == null) throw new Error(text)
    const nodes: readonly Record<string, unknown>[] = data.samples.nodes
    values.push(...nodes.map((node) => node[field]))
    after = data.samples.pageInfo.hasNextPage ? data.samples.pageInfo.endCursor : null
  } while (after !== null)
  return values
}

const twice = (values: readonly unknown[]): unknown[] => values.flatMap((value) => [value, value])
const unique = (values: readonly unknown[]): Set<string> =>
  new Set(values.map((value) => JSON.stringify(value)))

describe('sorting', () => {
  test.each(Object.entries(ascending))(
    'by %s gives every document once, those without a value first',
    async (name, values) => {
      const field = `plain${name}`
      const up = await readPages(field, 'ASC')
      const without = up.length - values.length * 2
      expect(up).toEqual([...Array.from({ length: without }, () => null), ...twice(values)])
      expect(await readPages(field, 'DESC')).toEqual(up.toReversed())
    },
  )
})

describe('filtering', () => {
  test.each(ordered)('compares %s exactly', async (name, values) => {
    const field = `plain${name}`
    for (const [position, value] of values.entries()) {
      const below = values.slice(0, position)
      const above = values.slice(position + 1)
      const expectations = {
        eq: [value],
        lt: below,
        lte: [...below, value],
        gt: above,
        gte: [value, ...above],
        in: [value],
      }
      for (const [operator, expected] of Object.entries(expectations)) {
        const found = await find(field, { [field]: { [operator]: operator === 'in' ? [value] : value } })
        expect({ operator, value, found: unique(found) }).toEqual({
          operator,
          value,
          found: unique(expected),
        })
        expect(found).toHaveLength(expected.length * 2)
      }
    }
  })

  test.each(Object.entries(ascending))(
    'finds %s by its absence, and by being another',
    async (name, values) => {
      const field = `plain${name}`
      expect(unique(await find(field, { [field]: { eq: null } }))).toEqual(unique([null]))
      expect(unique(await find(field, { [field]: { ne: null } }))).toEqual(unique(values))
      expect(unique(await find(field, { [field]: { ne: values[0] } }))).toEqual(
        unique([null, ...values.slice(1)]),
      )
      expect(unique(await find(field, { not: { [field]: { eq: values[0] } } }))).toEqual(
        unique([null, ...values.slice(1)]),
      )
    },
  )

  test.each(searchable)('finds an encrypted %s by equality, and its absence', async (name) => {
    const field = `sealed${name}`
    const values = ascending[name] ?? []
    for (const value of values) expect(await find(field, { [field]: { eq: value } })).toEqual([value, value])
    const [first, second] = values
    expect(unique(await find(field, { [field]: { in: [first, second] } }))).toEqual(unique([first, second]))
    expect(unique(await find(field, { [field]: { eq: null } }))).toEqual(unique([null]))
    expect(await find(field, { [field]: { in: [] } })).toEqual([])
    expect(await find(field, { or: [{ [field]: { eq: first } }, { plainBoolean: { eq: null } }] })).toContain(
      first,
    )
  })
})
