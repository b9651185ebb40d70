import { rmSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'

import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { type ScalarName, scalarNames, writeEveryScalarSchema } from './every-scalar-schema.ts'

const admin = { roles: ['ADMIN'] }
const everyField = scalarNames
  .flatMap((name) => [`plain${name}`, `sealed${name}`, `plain${name}List`, `sealed${name}List`])
  .join(' ')
const selection = `id ${everyField} part { ${everyField} inner { ${everyField} } } parts { id ${everyField} inners { id ${everyField} } }`

const schemaFolder = writeEveryScalarSchema()
let t: TestGateway

beforeAll(async () => {
  t = await createTestGateway({ schemaFolder })
})

afterAll(async () => {
  await t.close()
  rmSync(schemaFolder, { recursive: true })
})

async function create(input: object): Promise<any> {
  const { data, text } = await t.ask(
    admin,
    `mutation ($input: SampleCreateInput!) { createSample(input: $input) { ${selection} } }`,
    { input },
  )
  if (data?.createSample == null) throw new Error(text.slice(0, 2_000))
  return data.createSample
}

async function update(id: string, input: object): Promise<any> {
  const { data, text } = await t.ask(
    admin,
    `mutation ($id: ID!, $input: SampleUpdateInput!) { updateSample(id: $id, input: $input) { ${selection} } }`,
    { id, input },
  )
  if (data?.updateSample == null) throw new Error(text.slice(0, 2_000))
  return data.updateSample
}

async function read(id: string): Promise<any> {
  const { data, text } = await t.ask(admin, `query ($id: ID!) { sample(id: $id) { ${selection} } }`, { id })
  if (data?.sample == null) throw new Error(text.slice(0, 2_000))
  return data.sample
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', ' ', '\0', 'ß', '𝄞', '￿', '$set', 'a.b', '__proto__'),
)
const looseText = fc.oneof(
  text,
  fc.constantFrom('\ud800', 'a\udfff', '\udc00\ud800'),
  fc.string({ unit: 'binary' }),
)
const day = fc
  .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const instant = fc
  .date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  .map((date) => date.toISOString())
const long = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 31n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n),
)
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(-0, 2 ** 53, 2 ** 63, Number.MIN_VALUE, Number.MAX_VALUE, 0.1 + 0.2, 2 ** 31),
)

function jsonOf(key: fc.Arbitrary<string>, leaf: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constant(null),
      fc.boolean(),
      double,
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      // Entries, not assignment: `__proto__` has to become a property.
      fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    ),
  })).value
}

const hostileKey = fc.oneof(
  looseText,
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toJSON',
    '$gt',
    '_bsontype',
    'a.b',
    '',
    'toBSON',
    '$ref',
    'length',
  ),
)
const plainKey = fc.stringMatching(/^[a-z_ äß]{1,8}$/).filter((key) => key !== '__proto__')

/** What can be sent for each scalar; what comes back is the same JSON. */
const plainValues: Record<ScalarName, fc.Arbitrary<unknown>> = {
  ID: text,
  String: text,
  Int: fc.integer(),
  Float: double,
  Boolean: fc.boolean(),
  BigInt: long.map(String),
  Date: day,
  DateTime: instant,
  JSON: jsonOf(plainKey, text),
  Colour: fc.constantFrom('RED', 'GREEN', 'BLUE'),
}
const sealedValues: Record<ScalarName, fc.Arbitrary<unknown>> = {
  ...plainValues,
  ID: looseText,
  String: looseText,
  JSON: jsonOf(hostileKey, looseText),
}

function objectOf(shape: Record<string, fc.Arbitrary<unknown>> = {}): fc.Arbitrary<Record<string, unknown>> {
  const all = Object.fromEntries(
    scalarNames.flatMap((name) => {
      const list = (value: fc.Arbitrary<unknown>) => fc.option(fc.array(fc.option(value), { maxLength: 4 }))
      return [
        [`plain${name}`, fc.option(plainValues[name])],
        [`sealed${name}`, fc.option(sealedValues[name])],
        [`plain${name}List`, list(plainValues[name])],
        [`sealed${name}List`, list(sealedValues[name])],
      ]
    }),
  )
  return fc.record({ ...all, ...shape }, { requiredKeys: [] })
}

const inner = objectOf()
const sample = objectOf({
  part: fc.option(objectOf({ inner: fc.option(inner) })),
  parts: fc.option(
    fc.array(fc.option(objectOf({ inners: fc.option(fc.array(inner, { maxLength: 2 })) })), { maxLength: 2 }),
  ),
})

/** Compared as text, which shows keys such as `__proto__` and `constructor` like any other. JSON.stringify writes -0 as 0. */
const asJson = (value: unknown): string => JSON.stringify(value)

function expectInside(answer: any, input: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(input)) {
    if (key === 'part' || key === 'inner') {
      if (value === null) expect(answer[key]).toBeNull()
      else expectInside(answer[key], value as Record<string, unknown>)
    } else if (key === 'parts' || key === 'inners') {
      if (value === null) expect(answer[key]).toBeNull()
      else {
        expect(answer[key]).toHaveLength((value as unknown[]).length)
        ;(value as (Record<string, unknown> | null)[]).forEach((element, position) => {
          if (element === null) expect(answer[key][position]).toBeNull()
          else expectInside(answer[key][position], element)
        })
      }
    } else expect(asJson({ [key]: answer[key] })).toBe(asJson({ [key]: value }))
  }
}

describe('every scalar', () => {
  test('comes back as it was sent, plain and encrypted, alone, in lists and embedded', async () => {
    await fc.assert(
      fc.asyncProperty(sample, async (input) => {
        const created = await create(input)
        expectInside(created, input)
        expect(asJson(await read(created.id))).toBe(asJson(created))
      }),
      { numRuns: 60, endOnFailure: true },
    )
  }, 120_000)

  test('comes back after an update over any other value, and leaves the rest as it was', async () => {
    await fc.assert(
      fc.asyncProperty(sample, sample, async (before, after) => {
        const created = await create(before)
        const updated = await update(created.id, after)
        expectInside(updated, after)
        const kept = Object.fromEntries(
          Object.entries(before).filter(([key]) => !(key in after) && key !== 'part' && key !== 'parts'),
        )
        expectInside(updated, kept)
        expect(asJson(await read(created.id))).toBe(asJson(updated))
      }),
      { numRuns: 40, endOnFailure: true },
    )
  }, 120_000)
})

describe('a value that cannot be kept as it is', () => {
  async function createMany(inputs: readonly object[]): Promise<any[]> {
    const { data, text } = await t.ask(
      admin,
      `mutation ($inputs: [SampleCreateInput!]!) {
        createSamples(inputs: $inputs) { document { ${selection} } error { code message inputPath coordinate } }
      }`,
      { inputs },
    )
    if (data?.createSamples == null) throw new Error(text.slice(0, 2_000))
    return data.createSamples
  }

  test('is refused with its place, alone of all items', async () => {
    const long = 'x'.repeat(1_500_000)
    const outcomes = await createMany([
      { plainString: 'a\ud800' },
      { plainJSON: { a: { $where: 1 } } },
      { parts: [{ inners: [{ plainStringList: ['', '\udfff'] }] }] },
      { sealedString: 'good' },
      { sealedJSON: nest(80) },
      { part: { inner: { sealedString: long } } },
    ])
    expect(
      outcomes.map(({ error }) => error && [error.code, error.inputPath, error.coordinate]),
    ).toStrictEqual([
      ['BAD_USER_INPUT', 'inputs[0].plainString', 'Sample.plainString'],
      ['BAD_USER_INPUT', 'inputs[1].plainJSON', 'Sample.plainJSON'],
      ['BAD_USER_INPUT', 'inputs[2].parts[0].inners[0].plainStringList', 'Inner.plainStringList'],
      null,
      ['LIMIT_EXCEEDED', 'inputs[4].sealedJSON', 'Sample.sealedJSON'],
      null,
    ])
    expect(outcomes[5].document.part.inner.sealedString).toBe(long)
    expect(await t.raw('samples').countDocuments({ _id: outcomes[3].document.id })).toBe(1)
  })

  test('never becomes part of the prototype of an object', async () => {
    const [outcome] = await createMany([{ sealedJSON: JSON.parse('{"__proto__":{"polluted":1}}') }])
    expect(asJson(outcome.document.sealedJSON)).toBe('{"__proto__":{"polluted":1}}')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    const body =
      '{"query":"mutation($i:SampleCreateInput!){createSample(input:$i){id}}","variables":{"i":{"__proto__":{"plainInt":1}}}}'
    const answer = await t.gateway.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { authorization: `Bearer ${await t.token(admin)}`, 'content-type': 'application/json' },
      payload: body,
    })
    expect(answer.json().errors[0].extensions.code).toBe('BAD_USER_INPUT')
  })

  function nest(levels: number): unknown {
    return levels === 0 ? 1 : [nest(levels - 1)]
  }
})
