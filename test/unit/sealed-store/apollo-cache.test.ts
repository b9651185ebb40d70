import { ApolloServer } from '@apollo/server'
import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'

import { KeyRing } from '../../../src/crypto/key-ring.ts'
import { createApolloCache } from '../../../src/sealed-store/apollo-cache.ts'
import { createMemoryEntries } from '../../../src/sealed-store/memory-entries.ts'
import { SealedStore } from '../../../src/sealed-store/sealed-store.ts'
import { FakeKeyProvider } from '../../support/fake-key-provider.ts'
import { MemoryKeyStore } from '../../support/memory-key-store.ts'

const query = '{ greet(name: "Ana") }'
const persistedQuery = { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') }

test('an Apollo Server of anyone keeps persisted queries in it, and lives without it', async () => {
  const provider = new FakeKeyProvider()
  const keys = new KeyRing({ store: new MemoryKeyStore(), provider })
  const store = new SealedStore({ keys, entries: createMemoryEntries(), name: 'apollo', tenant: 'acme' })
  const failures: unknown[] = []
  const server = new ApolloServer({
    typeDefs: 'type Query { greet(name: String!): String }',
    resolvers: { Query: { greet: (_: unknown, { name }: { name: string }) => `Hello, ${name}` } },
    cache: createApolloCache(store, { ttl: 60, onFailure: (error) => failures.push(error) }),
  })
  const ask = async (text?: string) => {
    const request = { extensions: { persistedQuery }, ...(text === undefined ? {} : { query: text }) }
    const { body } = await server.executeOperation(request)
    return body.kind === 'single' ? body.singleResult : undefined
  }
  expect((await ask())?.errors?.[0]?.extensions?.code).toBe('PERSISTED_QUERY_NOT_FOUND')
  expect((await ask(query))?.data).toEqual({ greet: 'Hello, Ana' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await ask())?.data).toEqual({ greet: 'Hello, Ana' })
  expect(await store.get(`apq:${persistedQuery.sha256Hash}`)).toBe(query)
  expect(failures).toEqual([])

  provider.unreachable = true
  keys.clear()
  expect((await ask())?.errors?.[0]?.extensions?.code).toBe('PERSISTED_QUERY_NOT_FOUND')
  expect((await ask(query))?.data).toEqual({ greet: 'Hello, Ana' })
  expect(failures).toContainEqual(expect.objectContaining({ code: 'KEY_UNAVAILABLE' }))
})
