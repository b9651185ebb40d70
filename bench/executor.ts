/**
 * Executors behind Apollo Server, without HTTP: a list of 100 rows of 10 plain fields, cache-control off.
 * Prints requests per second of each in the same run, and the ratio to graphql-js without a gateway.
 */
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { createExecutorGateway } from '../src/server/executor/executor-gateway.ts'
import { createExecutor } from '../src/server/executor/create-executor.ts'

const roundCount = 6
const requestsPerRound = 600
const rows = Array.from({ length: 100 }, (_, index) => ({
  id: `r${index}`,
  a: `a${index}`,
  b: `b${index}`,
  c: 'c',
  d: 'd',
  e: index,
  f: index / 3,
  g: true,
  h: 'h',
  i: 'i',
}))
const schema = makeExecutableSchema({
  typeDefs: `type Query { rows: [Row!]! }
    type Row { id: ID! a: String b: String c: String d: String e: Int f: Float g: Boolean h: String i: String }`,
  resolvers: { Query: { rows: () => rows } },
})
const plugins = [ApolloServerPluginCacheControlDisabled()]
const gateway = (kind: 'planned' | 'graphql-js') =>
  createExecutorGateway({ publicSchema: schema, executor: createExecutor({ schema, kind }) })
const servers = {
  'Apollo Server': new ApolloServer({ schema, plugins }),
  'gateway, graphql-js': new ApolloServer({ gateway: gateway('graphql-js'), plugins }),
  'gateway, planned': new ApolloServer({ gateway: gateway('planned'), plugins }),
}

const measured = new Map<string, number>()
for (let round = 0; round < roundCount; round++) {
  for (const [name, server] of Object.entries(servers)) {
    const began = performance.now()
    for (let index = 0; index < requestsPerRound; index++) {
      const { body } = await server.executeOperation({ query: '{ rows { id a b c d e f g h i } }' })
      JSON.stringify(body.kind === 'single' ? body.singleResult : undefined)
    }
    const perSecond = (requestsPerRound * 1000) / (performance.now() - began)
    measured.set(name, Math.max(measured.get(name) ?? 0, perSecond))
  }
}
const base = measured.get('Apollo Server') ?? NaN
for (const [name, perSecond] of measured) {
  process.stdout.write(
    `${name.padEnd(20)} ${perSecond.toFixed(0).padStart(6)}/s  × ${(perSecond / base).toFixed(2)}\n`,
  )
}
