import { describe, expect, it } from '@jest/globals'
import {
  assertObjectType,
  buildSchema,
  GraphQLList,
  GraphQLNonNull,
  GraphQLScalarType,
  GraphQLString,
  parse,
} from 'graphql'
import { createExecutor, type ExecutorKind } from '../../../../src/server/executor/create-executor.ts'
import { compareExecutors } from './compare-executors.ts'

class Branded {
  readonly coordinate: string
  readonly text: string
  constructor(coordinate: string, text: string) {
    this.coordinate = coordinate
    this.text = text
  }
}

/** Named as the public type, and not in the type map: only the field knows it. */
const createGuard = (coordinate: string) =>
  new GraphQLScalarType({
    name: GraphQLString.name,
    serialize(value) {
      if (value instanceof Branded && value.coordinate === coordinate) return value.text
      throw new Error(`Refused at ${coordinate}.`)
    },
  })

function createGuardedSchema() {
  const schema = buildSchema(`
    type Query { person: Person people: [Person!]! open: String }
    type Person { name: String email: String! phones: [String!] notes: String slow: String }
  `)
  const { email, phones, notes, slow } = assertObjectType(schema.getType('Person')).getFields()
  if (!email || !phones || !notes || !slow) throw new Error('No field.')
  email.type = new GraphQLNonNull(createGuard('Person.email'))
  phones.type = new GraphQLList(new GraphQLNonNull(createGuard('Person.phones')))
  notes.type = createGuard('Person.notes')
  slow.type = createGuard('Person.slow')
  slow.resolve = (source: { slow: unknown }) => Promise.resolve(source.slow)
  return schema
}

const guarded = createGuardedSchema()
const clear = (field: string, text: string) => new Branded(`Person.${field}`, text)
const source = '{ open person { name email phones notes slow mail: email } }'

describe.each<ExecutorKind>(['planned', 'graphql-js'])('guards at leaves, under the executor %s', (kind) => {
  const executor = createExecutor({ schema: guarded, kind })
  const run = (person: Readonly<Record<string, unknown>>) =>
    executor.execute({
      document: parse(source),
      contextValue: {},
      rootValue: { open: 'open', person: { name: 'Ada', email: clear('email', 'a@b'), ...person } },
    })

  it('lets through what is branded for the coordinate', async () => {
    const { data, errors } = await run({
      phones: [clear('phones', '1'), clear('phones', '2')],
      notes: clear('notes', 'n'),
      slow: clear('slow', 's'),
    })
    expect(errors).toBeUndefined()
    expect(data).toEqual({
      open: 'open',
      person: { name: 'Ada', email: 'a@b', phones: ['1', '2'], notes: 'n', slow: 's', mail: 'a@b' },
    })
  })

  it('refuses bare strings and the brands of other coordinates, each at its path, siblings intact', async () => {
    const { data, errors } = await run({ phones: ['1'], notes: clear('email', 'a@b'), slow: 'plain' })
    expect(data).toEqual({
      open: 'open',
      person: { name: 'Ada', email: 'a@b', phones: null, notes: null, slow: null, mail: 'a@b' },
    })
    expect(errors?.map(({ message, path }) => [message, path])).toEqual([
      ['Refused at Person.phones.', ['person', 'phones', 0]],
      ['Refused at Person.notes.', ['person', 'notes']],
      ['Refused at Person.slow.', ['person', 'slow']],
    ])
  })

  it('nulls the parent where the field may not be null', async () => {
    const { data, errors } = await run({ email: 'a@b' })
    expect(data).toEqual({ open: 'open', person: null })
    expect(errors?.map(({ path }) => path)).toEqual([['person', 'email']])
  })
})

describe('guards at leaves', () => {
  it('answer the same under both executors', async () => {
    const { errors } = await compareExecutors(guarded, {
      source: '{ people { name email notes } person { email } }',
      createRoot: () => ({
        people: [{ name: 'Ada', email: clear('email', 'a@b'), notes: Buffer.from('x') }],
        person: { email: clear('notes', 'n') },
      }),
    })
    expect(errors?.map(({ path }) => path)).toEqual([
      ['people', 0, 'notes'],
      ['person', 'email'],
    ])
  })
})
