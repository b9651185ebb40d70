import { makeExecutableSchema } from '@graphql-tools/schema'
import { GraphQLError, GraphQLScalarType, type GraphQLResolveInfo } from 'graphql'
import { describeInfo, type TraceContext } from './compare-executors.ts'

const typeDefs = `
  scalar Json
  scalar Odd
  enum Color { RED GREEN }
  input Nested { text: String = "from the schema", list: [Int!], inner: Nested, color: Color, json: Json }
  input Choice @oneOf { number: Int, text: String }
  interface Named { name: String }
  type Dog implements Named { name: String barks: Boolean! self: Dog }
  type Cat implements Named { name: String lives: Int! self: Cat }
  type Rock { weight: Float! }
  type Stray implements Named { name: String }
  union Thing = Dog | Cat | Rock
  union Checked = Good | Bad
  type Good { good: String }
  type Bad { bad: String }

  type Query {
    self: Query
    selfNonNull: Query!
    text: String
    required: String!
    number: Int
    color: Color
    odd: Odd
    slowText: String
    slowRequired: String!
    texts: [String]
    requiredTexts: [String!]
    matrix: [[Int!]!]
    queries: [Query]
    requiredQueries: [Query!]!
    slowQueries: [Query!]
    named: Named
    namedList: [Named]
    slowNamed: Named
    thing: Thing
    things: [Thing!]
    checked: Checked
    echo(text: String = "d", list: [Int], input: Nested, choice: Choice, color: Color = RED, json: Json, need: Int! = 1): String
    needs(number: Int!): String
    computed(suffix: String): String
  }
  type Mutation {
    append(text: String!, delay: Int = 0, fail: Boolean = false): String
    must(text: String!, delay: Int = 0, fail: Boolean = false): String!
    plain: String
    nested: Query
  }
  type Subscription { ticks: Int }
`

const trace =
  (compute: (source: Record<string, unknown>, args: Record<string, unknown>) => unknown) =>
  (
    source: Record<string, unknown> | undefined,
    args: Record<string, unknown>,
    context: TraceContext,
    info: GraphQLResolveInfo,
  ) => {
    context.trace.push({ ...describeInfo(info), args: JSON.stringify(args) })
    return compute(source ?? {}, args)
  }

async function takeTicks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick++) await Promise.resolve()
}

const later = (name: string) =>
  trace(async (source) => {
    await takeTicks(3)
    return source[name]
  })

async function write(
  source: unknown,
  args: { text: string; delay: number; fail: boolean },
  context: TraceContext,
  info: GraphQLResolveInfo,
): Promise<string> {
  context.trace.push({ ...describeInfo(info), begins: args.text })
  await takeTicks(args.delay)
  context.trace.push({ ends: args.text })
  if (args.fail) throw new GraphQLError('Refused.', { extensions: { code: 'FORBIDDEN' } })
  return args.text
}

/** Every shape an operation may meet; the root value says what the fields give. */
export const zooSchema = makeExecutableSchema({
  typeDefs,
  resolvers: {
    Query: {
      slowText: later('text'),
      slowRequired: later('required'),
      slowQueries: later('queries'),
      slowNamed: later('named'),
      things: trace((source) => source.things),
      echo: trace((_source, args) => JSON.stringify(args)),
    },
    Mutation: { append: write, must: write, nested: trace(() => ({ text: 'nested' })) },
    Json: new GraphQLScalarType({ name: 'Json' }),
    Odd: new GraphQLScalarType({
      name: 'Odd',
      serialize(value) {
        if (value === 'throws') throw new TypeError('This is too odd.')
        if (value === 'nothing') return undefined
        return value === 'later' ? Promise.resolve('odd, later') : value
      },
    }),
    Named: {
      __resolveType: (value: { kind?: unknown }) => (value.kind === 'Dog' ? 'Dog' : value.kind),
    },
    Thing: { __resolveType: async (value: { kind: string }) => Promise.resolve(value.kind) },
    Good: { __isTypeOf: (value: { good?: unknown }) => value.good !== undefined },
    Bad: { __isTypeOf: async (value: { bad?: unknown }) => Promise.resolve(value.bad === true) },
  },
})
