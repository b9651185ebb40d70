import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import fastifyApollo from '@as-integrations/fastify'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { GraphQLError } from 'graphql'
import type { ExplorerTab } from '../../../src/server/explorer/explorer-tab.ts'
import { registerExplorer } from '../../../src/server/explorer/register-explorer.ts'
import { createSandboxPlugin } from '../../../src/server/explorer/sandbox.ts'

const typeDefs = `
  "A person who has an account."
  type Customer {
    id: ID!
    fullName: String!
    "Clear for administrators, masked for support, hidden from everyone else."
    email: String
  }
  type Query {
    customers(first: Int = 10): [Customer!]!
  }
`

const resolvers = {
  Query: {
    customers: () => [
      { id: '1', fullName: 'Ada Lovelace' },
      { id: '2', fullName: 'Alan Turing' },
    ],
  },
  Customer: {
    email: ({ id }: { id: string }, _: unknown, { token }: { token: string | undefined }) => {
      if (token?.startsWith('Bearer administrator') === true) return `person${id}@example.com`
      if (token?.startsWith('Bearer support') === true) return 'p***@example.com'
      throw new GraphQLError('This viewer may not do that.', { extensions: { code: 'FORBIDDEN' } })
    },
  },
}

const queryAs = (viewer: string): string =>
  `# The same query in every tab: only who asks differs.\nquery As${viewer}($first: Int) {\n  customers(first: $first) {\n    id\n    fullName\n    email\n  }\n}\n`

export const exampleTabs = (generation = 1): ExplorerTab[] => [
  {
    name: 'Administrator',
    description: 'Sees every e-mail address in clear.',
    query: queryAs('Administrator'),
    variables: { first: 2 },
    headers: { authorization: `Bearer administrator-${generation}` },
  },
  {
    name: 'Support agent',
    description: 'Sees e-mail addresses masked.',
    query: queryAs('SupportAgent'),
    variables: { first: 2 },
    headers: { authorization: `Bearer support-${generation}` },
  },
  {
    name: 'Analyst',
    description: 'Sees no e-mail address: null, and an error that says why.',
    query: queryAs('Analyst'),
    variables: { first: 2 },
    headers: { authorization: `Bearer analyst-${generation}` },
  },
]

export interface ExampleServer {
  readonly app: FastifyInstance
  readonly url: string
  /** The authorization header of each GraphQL request, in order. */
  readonly asked: (string | undefined)[]
}

/** A server of a small schema with the explorer at its GraphQL path; port 0 takes any free one. */
export const startExampleServer = async (
  kind: 'graphiql' | 'sandbox',
  tabs: ExplorerTab[] = exampleTabs(),
  port = 0,
): Promise<ExampleServer> => {
  const asked: (string | undefined)[] = []
  const apollo = new ApolloServer<{ token: string | undefined }>({
    typeDefs,
    resolvers,
    introspection: true,
    plugins: [kind === 'sandbox' ? createSandboxPlugin() : ApolloServerPluginLandingPageDisabled()],
  })
  await apollo.start()
  const app = Fastify({ forceCloseConnections: true })
  registerExplorer(app, { path: '/graphql', title: 'Sealgate', tabs: () => tabs, kind })
  await app.register(fastifyApollo(apollo), {
    context: ({ headers }) => {
      asked.push(headers.authorization)
      return Promise.resolve({ token: headers.authorization })
    },
  })
  app.addHook('onClose', () => apollo.stop())
  return { app, url: `${await app.listen({ host: '127.0.0.1', port })}/graphql`, asked }
}
