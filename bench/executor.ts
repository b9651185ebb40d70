import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { createExecutorGateway } from '../src/server/executor/executor-gateway.ts'
import { createExecutor } from '../src/server/executor/create-executor.ts'

import { median } from './median.ts'
import { printTable, progress } from './report.ts'

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

/** Executors behind Apollo Server, without HTTP: a list of 100 rows of 10 plain fields, cache-control off. */
export async function benchExecutor(): Promise<void> {
  const measured = new Map(Object.keys(servers).map((name) => [name, [] as number[]]))
  for (let round = 0; round <= roundCount; round += 1) {
    progress(`executor: round ${round} of ${roundCount}`)
    for (const [name, server] of Object.entries(servers)) {
      const perSecond = await measure(server)
      // The first round warms up.
      if (round > 0) measured.get(name)?.push(perSecond)
    }
  }
  const base = median(measured.get('Apollo Server') ?? [])
  printTable(
    'Executors: a list of 100 objects of 10 plain fields, without HTTP',
    [...measured].map(([executor, rounds]) => ({
      executor,
      'requests/s': median(rounds).toFixed(0),
      ratio: (median(rounds) / base).toFixed(2),
    })),
  )
}

async function measure(server: ApolloServer): Promise<number> {
  const began = performance.now()
  for (let index = 0; index < requestsPerRound; index += 1) {
    const { body } = await server.executeOperation({ query: '{ rows { id a b c d e f g h i } }' })
    JSON.stringify(body.kind === 'single' ? body.singleResult : undefined)
  }
  return (requestsPerRound * 1_000) / (performance.now() - began)
}
