import { describe, expect, it } from '@jest/globals'
import { GraphQLError, parse } from 'graphql'
import { createExecutor } from '../../../../src/server/executor/create-executor.ts'
import { compareExecutors, type ComparedRequest } from './compare-executors.ts'
import { zooSchema } from './zoo-schema.ts'

const dog = { kind: 'Dog', name: 'Rex', barks: true }
const cat = { kind: 'Cat', name: 'Tom', lives: 9 }
const boom = () => new Error('boom')

type Case = readonly [title: string, source: string, root?: () => unknown, rest?: Partial<ComparedRequest>]

const plainShapes: readonly Case[] = [
  [
    'scalars, in the order asked',
    '{ number text color a: text }',
    () => ({ number: 1, text: 't', color: 'RED' }),
  ],
  ['absent and null properties', '{ text number self { text } }', () => ({ text: null, self: null })],
  ['no root value', '{ text number }'],
  ['primitive root values', '{ text }', () => 'text'],
  ['__typename everywhere', '{ __typename a: __typename self { __typename } }', () => ({ self: {} })],
  ['an alias __proto__', '{ __proto__: text number }', () => ({ text: 't', number: 1 })],
  ['an alias __proto__ of an object', '{ __proto__: self { text } text }', () => ({ self: { text: 't' } })],
  ['aliases that name methods', '{ constructor: text toString: text then: text }', () => ({ text: 't' })],
  [
    'merged duplicates',
    '{ self { text } self { number } self { text } }',
    () => ({ self: { text: 't', number: 1 } }),
  ],
  [
    'methods with this, arguments and info',
    '{ computed(suffix: "!") text self { text } }',
    () => ({
      mark: 'm',
      computed(this: { mark: string }, args: { suffix: string }) {
        return this.mark + args.suffix
      },
      text: (args: unknown, _context: unknown, info: { fieldName: string }) =>
        info.fieldName + JSON.stringify(args),
      self(this: { mark: string }) {
        return { text: this.mark }
      },
    }),
  ],
  [
    'promises as properties',
    '{ text number self { text } texts }',
    () => ({
      text: Promise.resolve('t'),
      number: Promise.reject(boom()),
      self: Promise.resolve({ text: Promise.resolve('inner') }),
      texts: Promise.resolve(['a', Promise.resolve('b')]),
    }),
  ],
  [
    'getters that throw',
    '{ text number }',
    () => ({
      get text() {
        throw boom()
      },
      number: 1,
    }),
  ],
  [
    'lists, sets and generators',
    '{ texts requiredTexts matrix }',
    () => ({
      texts: new Set(['a', null, 'b']),
      requiredTexts: (function* () {
        yield 'x'
        yield 'y'
      })(),
      matrix: [[1, 2], [], [3]],
    }),
  ],
  [
    'lists of promises that settle out of order',
    '{ texts }',
    () => ({
      texts: [new Promise((resolve) => setTimeout(resolve, 5, 'slow')), Promise.reject(boom()), 'c'],
    }),
  ],
  ['what is not a list', '{ texts requiredQueries { text } }', () => ({ texts: 'abc', requiredQueries: {} })],
  ['sparse lists', '{ texts }', () => ({ texts: Array.from({ length: 3 }) })],
  [
    'interfaces',
    '{ named { name ... on Dog { barks } ...C } } fragment C on Cat { lives }',
    () => ({ named: dog }),
  ],
  [
    'lists of an interface',
    '{ namedList { __typename name ... on Cat { lives self { name } } } }',
    () => ({
      namedList: [dog, { ...cat, self: cat }, null, boom()],
    }),
  ],
  [
    'unions with an asynchronous resolveType',
    '{ things { __typename ... on Dog { barks } ... on Rock { weight } } }',
    () => ({
      things: [dog, { kind: 'Rock', weight: 1.5 }, cat],
    }),
  ],
  [
    'isTypeOf, at once and later',
    '{ checked { ... on Good { good } ... on Bad { bad } } }',
    () => ({ checked: { good: 'g' } }),
  ],
  ['isTypeOf, only later', '{ checked { ... on Bad { bad } } }', () => ({ checked: { bad: true } })],
  ['custom scalars', '{ odd a: odd }', () => ({ odd: { deep: [1, { x: null }] } })],
  ['a scalar that serializes to a promise', '{ odd text }', () => ({ odd: 'later', text: 't' })],
  [
    'fragments',
    '{ ...A self { ...A ... on Query { number } ... { color } } } fragment A on Query { text ...B } fragment B on Query { a: text }',
    () => ({ text: 't', self: { text: 'u', number: 2, color: 'GREEN' } }),
  ],
  [
    'introspection beside data',
    '{ text __schema { queryType { name } } __type(name: "Dog") { name interfaces { name possibleTypes { name } } } }',
    () => ({ text: 't' }),
  ],
  [
    'slow fields',
    '{ slowText slowQueries { slowText slowRequired } slowNamed { name } }',
    () => ({
      text: 't',
      queries: [{ text: 'a', required: 'r' }, { required: 'r' }],
      named: cat,
    }),
  ],
]

const failures: readonly Case[] = [
  ['a null that may not be', '{ self { required text } }', () => ({ self: { text: boom() } })],
  [
    'a null that reaches the root',
    '{ text selfNonNull { selfNonNull { required } } }',
    () => ({
      selfNonNull: { selfNonNull: {} },
    }),
  ],
  [
    'the first of several sync errors under a parent that becomes null',
    '{ self { text required number } }',
    () => ({
      self: { text: boom(), required: boom(), number: 'x' },
    }),
  ],
  [
    'slow nulls among slow siblings',
    '{ self { slowRequired slowText a: slowRequired } text }',
    () => ({
      self: { text: boom() },
      text: 't',
    }),
  ],
  [
    'a sync null after a slow sibling began',
    '{ self { slowText required } }',
    () => ({ self: { text: boom() } }),
  ],
  [
    'items that fail',
    '{ texts requiredTexts matrix }',
    () => ({
      texts: ['a', boom(), {}],
      requiredTexts: ['a', null, 'b', boom()],
      matrix: [[1], [2, null], 'x'],
    }),
  ],
  [
    'lists of objects with holes',
    '{ queries { required } }',
    () => ({
      queries: [{ required: 'r' }, {}, { required: boom() }],
    }),
  ],
  [
    'lists that may have no hole',
    '{ self { requiredQueries { required } } text }',
    () => ({
      self: { requiredQueries: [{ required: 'r' }, {}, {}] },
      text: 't',
    }),
  ],
  [
    'errors returned, thrown and rejected',
    '{ text number a: computed color }',
    () => ({
      text: boom(),
      number: () => {
        throw boom()
      },
      computed: () => Promise.reject(boom()),
      color: Promise.resolve(boom()),
    }),
  ],
  [
    'what is thrown but no error',
    '{ text number }',
    () => ({
      text: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw { reason: 'odd' }
      },
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      number: () => Promise.reject(undefined),
    }),
  ],
  [
    'GraphQL errors with extensions, and with a path of their own',
    '{ text number }',
    () => ({
      text: new GraphQLError('No.', { extensions: { code: 'FORBIDDEN', http: { status: 403 } } }),
      number: new GraphQLError('Elsewhere.', { path: ['other', 0] }),
    }),
  ],
  [
    'errors with extensions and a cause',
    '{ text }',
    () => ({
      text: Object.assign(new RangeError('far', { cause: boom() }), { extensions: { code: 'X' } }),
    }),
  ],
  [
    'values the leaf refuses',
    '{ number color text odd a: odd }',
    () => ({ number: 'x', color: 'BLUE', text: {}, odd: 'throws' }),
  ],
  ['a leaf that serializes to nothing', '{ odd }', () => ({ odd: 'nothing' })],
  ['an unknown runtime type', '{ named { name } }', () => ({ named: { kind: 'Unicorn' } })],
  ['a runtime type outside the interface', '{ named { name } }', () => ({ named: { kind: 'Rock' } })],
  ['a runtime type that is no object', '{ named { name } }', () => ({ named: { kind: 'Color' } })],
  ['a runtime type that is no name', '{ named { name } }', () => ({ named: { kind: 7 } })],
  [
    'a runtime type given as the type',
    '{ named { name } }',
    () => ({ named: { kind: zooSchema.getType('Dog') } }),
  ],
  ['no runtime type', '{ named { name } things { __typename } }', () => ({ named: {}, things: [{}] })],
  ['isTypeOf that denies', '{ checked { __typename } }', () => ({ checked: { neither: 1 } })],
  [
    'a required argument given null by a variable',
    'query ($n: Int = 1) { needs(number: $n) text }',
    () => ({ text: 't' }),
    { variables: { n: null } },
  ],
]

const requests: readonly Case[] = [
  [
    'literals',
    '{ echo(text: "a\\u0041", list: [1, 2], input: { list: 3, inner: { text: null, color: GREEN } }, color: GREEN, json: { a: [1, "x", { b: 2.5 }] }) }',
  ],
  ['defaults of the schema', '{ echo a: echo(input: {}) }'],
  ['one-of inputs', '{ echo(choice: { number: 1 }) a: echo(choice: { text: "x" }) }'],
  [
    'variables, nested in literals',
    'query ($t: String, $i: Int!, $n: Nested, $j: Json) { echo(text: $t, list: [$i], input: { inner: $n, json: { v: $j } }) }',
    undefined,
    { variables: { i: 5, n: { list: [1], inner: { text: 'x' } }, j: [{ k: 'v' }] } },
  ],
  [
    'absent, null and defaulted variables',
    'query ($a: String, $b: String = "b", $c: String, $d: Json = { x: [1] }) { echo(text: $a, json: $d) x: echo(text: $b) y: echo(text: $c) }',
    undefined,
    { variables: { c: null } },
  ],
  [
    'variables of the wrong type',
    'query ($a: Int!, $b: Nested, $c: [Color!], $d: Choice) { echo(need: $a, input: $b, choice: $d) text }',
    undefined,
    {
      variables: {
        a: 'x',
        b: { list: ['y'], typo: 1, inner: 3 },
        c: ['BLUE', 'RED'],
        d: { number: 1, text: 'x' },
      },
    },
  ],
  [
    'more coercion errors than are listed',
    'query ($l: [Int]) { echo(list: $l) }',
    undefined,
    { variables: { l: Array.from({ length: 80 }, () => 'x') } },
  ],
  ['a missing variable', 'query ($a: Int!) { echo(need: $a) }'],
  [
    '@skip and @include with literals',
    '{ text @skip(if: true) number @include(if: false) color @include(if: true) a: text @skip(if: false) @include(if: false) }',
    () => ({ text: 't', color: 'RED' }),
  ],
  ...[true, false].map((on): Case => [
    `@skip and @include with variables, ${on}`,
    'query ($on: Boolean!) { ...F @skip(if: $on) ...F self @include(if: $on) { text } self { number ... @skip(if: $on) { color } } } fragment F on Query { text }',
    () => ({ text: 't', self: { text: 'u', number: 1, color: 'RED' } }),
    { variables: { on } },
  ]),
  [
    'a null condition',
    'query ($on: Boolean = true) { text @skip(if: $on) self { number @include(if: $on) } }',
    () => ({ self: {} }),
    { variables: { on: null } },
  ],
  [
    'a null condition below',
    'query ($on: Boolean = true) { text self { number @include(if: $on) } }',
    () => ({ text: 't', self: {} }),
    { variables: { on: null } },
  ],
  [
    'the named operation',
    'query A { text } query B { number }',
    () => ({ text: 't', number: 1 }),
    { operationName: 'B' },
  ],
  ['several operations without a name', 'query A { text } query B { number }'],
  ['an unknown operation', 'query A { text }', undefined, { operationName: 'C' }],
  ['an empty operation name', 'query A { text }', undefined, { operationName: '' }],
  ['no operation', 'fragment F on Query { text }'],
  [
    'mutations, one after the other',
    'mutation { a: append(text: "a", delay: 20) b: append(text: "b") plain c: append(text: "c", delay: 3) nested { slowText } d: append(text: "d") }',
    () => ({ plain: 'p' }),
  ],
  [
    'a mutation that fails among others',
    'mutation { a: append(text: "a", fail: true) b: append(text: "b") }',
  ],
  [
    'a mutation whose failure ends the rest',
    'mutation { a: append(text: "a") b: must(text: "b", delay: 4, fail: true) c: append(text: "c") }',
  ],
  [
    'a mutation with an argument that a variable makes null',
    'mutation ($t: String = "x") { a: append(text: $t) b: append(text: "b") }',
    undefined,
    { variables: { t: null } },
  ],
  ['a subscription', 'subscription { ticks }'],
]

const toRow = ([title, source, createRoot, rest]: Case) =>
  [title, { source, ...(createRoot === undefined ? {} : { createRoot }), ...rest }] as const

describe.each([
  ['what is answered', plainShapes],
  ['what fails', failures],
  ['what is asked', requests],
])('the planned executor, on %s', (_group, cases) => {
  it.each(cases.map(toRow))('agrees with graphql-js about %s', async (_title, request) => {
    const { keys } = await compareExecutors(zooSchema, request)
    expect(keys).not.toHaveLength(0)
  })
})

describe('the planned executor, where graphql-js leaves a rejection without a listener', () => {
  it('answers a lost list whose earlier item rejects', async () => {
    const result = await createExecutor({ schema: zooSchema, kind: 'planned' }).execute({
      document: parse('{ requiredTexts }'),
      contextValue: { trace: [] },
      rootValue: { requiredTexts: [Promise.reject(boom()), null] },
    })
    // A rejection that nobody listens to would end the process here, and the test with it.
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(result.data).toEqual({ requiredTexts: null })
    expect(result.errors?.map(({ path }) => path)).toEqual([['requiredTexts', 1]])
  })
})
