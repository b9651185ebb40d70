import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import { expressMiddleware } from '@as-integrations/express5'
import express from 'express'

import { people } from '../people/people.ts'
import { serve } from './served.ts'

/** Apollo Server 5 on Express 5 as their documentation sets them up, serving the people in clear with plain resolvers. */
const typeDefs = `
  type Person {
    id: ID!
    email: String
    phone: String
    card: String
    name: String
    city: String
    country: String
    score: Int
    balance: Float
    active: Boolean
  }
  type PersonConnection { nodes: [Person!]! }
  type Query {
    person(id: ID!): Person
    people(first: Int! = 20): PersonConnection!
  }`

const rows = people.map((person, index) => ({ id: `person-${index}`, ...person }))
const byId = new Map(rows.map((row) => [row.id, row]))
const resolvers = {
  Query: {
    person: (_source: unknown, { id }: { id: string }) => byId.get(id),
    people: (_source: unknown, { first }: { first: number }) => ({ nodes: rows.slice(0, first) }),
  },
}

const withoutCacheControl = process.argv.includes('--without-cache-control')
const server = new ApolloServer({
  typeDefs,
  resolvers,
  plugins: withoutCacheControl ? [ApolloServerPluginCacheControlDisabled()] : [],
})
await server.start()
const app = express()
app.use('/graphql', express.json(), expressMiddleware(server))
const listener = app.listen(0, '127.0.0.1')
await once(listener, 'listening')
const { port } = listener.address() as AddressInfo
serve({ url: `http://127.0.0.1:${port}/graphql`, id: 'person-0' }, () => server.stop())
