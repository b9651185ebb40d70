import { describe, expect, it } from '@jest/globals'
import { buildSchema, parse } from 'graphql'
import { createExecutor, type ExecutorKind } from '../../../../src/server/executor/create-executor.ts'
import { zooSchema } from './zoo-schema.ts'

const contextValue = { trace: [] }

describe.each<ExecutorKind>(['planned', 'graphql-js'])('the executor %s', (kind) => {
  const executor = createExecutor({ schema: zooSchema, kind })

  it('answers at once where every resolver does, and later where one is asynchronous', async () => {
    const rootValue = { text: 't' }
    const now = executor.execute({ document: parse('{ text }'), contextValue, rootValue })
    expect(now).not.toBeInstanceOf(Promise)
    expect(now).toEqual({ data: { text: 't' } })
    const later = executor.execute({ document: parse('{ text slowText }'), contextValue, rootValue })
    expect(later).toBeInstanceOf(Promise)
    expect(await later).toEqual({ data: { text: 't', slowText: 't' } })
  })

  it('describes the public schema', async () => {
    const publicSchema = buildSchema('type Query { text: String } interface Named { name: String }')
    const { data } = await createExecutor({ schema: zooSchema, publicSchema, kind }).execute({
      document: parse(`
        { ...F __type(name: "Named") { possibleTypes { name } } }
        fragment F on Query { __schema { queryType { fields { name } } } rock: __type(name: "Rock") { name } }
      `),
      contextValue,
    })
    expect(data).toEqual({
      __schema: { queryType: { fields: [{ name: 'text' }] } },
      rock: null,
      __type: { possibleTypes: [] },
    })
  })

  it('lists no more coercion errors than it is told, and no names of the schema', async () => {
    const bounded = createExecutor({ schema: zooSchema, kind, maxCoercionErrors: 2, hideSuggestions: true })
    const { data, errors } = await bounded.execute({
      document: parse('query ($n: Nested) { echo(input: $n) }'),
      variables: { n: { tex: 1, lis: 2, inne: 3, colo: 4 } },
      contextValue,
    })
    expect(data).toBeUndefined()
    expect(errors).toHaveLength(3)
    expect(errors?.map(({ message }) => message).join()).not.toContain('Did you mean')
    expect(errors?.at(-1)?.message).toContain('error limit reached')
  })

  it('keeps apart what two schemas make of one document', async () => {
    const document = parse('{ text }')
    const upper = buildSchema('type Query { text: String }')
    const field = upper.getQueryType()?.getFields().text
    if (!field) throw new Error('No field.')
    field.resolve = () => 'UPPER'
    const other = createExecutor({ schema: upper, kind })
    for (const _round of [1, 2]) {
      expect(await executor.execute({ document, contextValue, rootValue: { text: 't' } })).toEqual({
        data: { text: 't' },
      })
      expect(await other.execute({ document, contextValue })).toEqual({ data: { text: 'UPPER' } })
    }
  })
})

describe('the executor planned', () => {
  it('describes the public schema beside data, too', async () => {
    const publicSchema = buildSchema('type Query { text: String }')
    const { data } = await createExecutor({ schema: zooSchema, publicSchema, kind: 'planned' }).execute({
      document: parse('{ text __type(name: "Rock") { name } }'),
      contextValue,
      rootValue: { text: 't' },
    })
    expect(data).toEqual({ text: 't', __type: null })
  })
})
