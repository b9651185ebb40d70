import { describe, expect, test } from '@jest/globals'
import { assertObjectType, buildSchema, GraphQLError, type GraphQLSchema } from 'graphql'

import { leafReader } from '../../../../src/directives/leaf-reader.ts'
import { compareExecutors, type TraceContext } from './compare-executors.ts'

const denied = new Error('denied')
const located = new GraphQLError('from below', { path: ['elsewhere', 3] })

interface Row {
  readonly value: unknown
  readonly isThrown?: boolean
}

/** Rows whose leaf is read by a reader, which leaves what it was called with. */
function createReadSchema(type: string): GraphQLSchema {
  const schema = buildSchema(`type Query { rows: [Row] } type Row { value: ${type} plain: String }`)
  const { value } = assertObjectType(schema.getType('Row')).getFields()
  if (value === undefined) throw new Error('No field.')
  value.resolve = leafReader((source: Row, args: object, { trace }: TraceContext) => {
    trace.push([Object.keys(source), Object.keys(args)])
    if (source.isThrown === true) throw source.value as Error
    return source.value
  }) as typeof value.resolve
  return schema
}

const values: readonly (readonly [string, readonly Row[]])[] = [
  ['values and nulls', [{ value: 'a' }, { value: null }, { value: undefined }, { value: 'b' }]],
  ['values that the type refuses', [{ value: {} }, { value: 'a' }, { value: Symbol('s') }]],
  ['one error given back by many rows', [{ value: denied }, { value: 'a' }, { value: denied }]],
  ['errors that differ', [{ value: denied }, { value: new Error('other') }, { value: denied }]],
  [
    'one error thrown by many rows',
    [
      { value: denied, isThrown: true },
      { value: denied, isThrown: true },
    ],
  ],
  ['an error that bears a path already', [{ value: located }, { value: 'a' }, { value: located }]],
  [
    'what is thrown and no error',
    [
      { value: undefined, isThrown: true },
      { value: 'text', isThrown: true },
    ],
  ],
]

describe.each(['String', 'String!'])('a leaf of type %s that is read without a path', (type) => {
  const schema = createReadSchema(type)

  test.each(values)('answers as graphql-js does: %s', async (_name, rows) => {
    await compareExecutors(schema, {
      source: '{ rows { value plain again: value } more: rows { value } }',
      createRoot: () => ({ rows }),
    })
  })
})

test('errors of one cause have each a path of their own, and share the rest', async () => {
  const rows = [{ value: denied }, { value: denied }, { value: denied }]
  const { errors } = await compareExecutors(createReadSchema('String'), {
    source: '{ rows { value again: value } }',
    createRoot: () => ({ rows }),
  })
  expect(errors?.map(({ path }) => path?.join('.'))).toEqual(
    [0, 1, 2].flatMap((row) => [`rows.${row}.value`, `rows.${row}.again`]),
  )
  expect(new Set(errors?.map(({ locations }) => JSON.stringify(locations))).size).toBe(2)
})
