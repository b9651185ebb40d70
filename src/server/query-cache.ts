import type { KeyValueCache } from '@apollo/utils.keyvaluecache'

import type { KeyRing } from '../crypto/key-ring.ts'
import { createApolloCache } from '../sealed-store/apollo-cache.ts'
import { createMemoryEntries } from '../sealed-store/memory-entries.ts'
import { connectRedisEntries } from '../sealed-store/redis-entries.ts'
import type { SealedEntries } from '../sealed-store/sealed-entries.ts'
import { SealedStore } from '../sealed-store/sealed-store.ts'
import type { CacheOptions } from './options.ts'

export interface QueryCache {
  readonly cache: KeyValueCache
  readonly close: () => Promise<void>
}

/** Seconds after which a client has to send the text of a query again. */
const ttl = 86_400

/**
 * What Apollo Server keeps of persisted queries, sealed; undefined when nothing is to be kept.
 * @param onFailure - told of the first failure after a success
 */
export async function openQueryCache(
  options: CacheOptions,
  keys: KeyRing,
  onFailure: (error: unknown) => void,
): Promise<QueryCache | undefined> {
  let failing = false
  const fail = (error: unknown): void => {
    if (!failing) onFailure(error)
    failing = true
  }
  const entries = await openEntries(options, fail)
  if (entries === undefined) return undefined
  // Queries are sent by viewers of every tenant; the key belongs to none.
  const store = new SealedStore({ keys, entries, name: 'queries', tenant: '' })
  const onSuccess = (): void => {
    failing = false
  }
  return {
    cache: createApolloCache(store, { ttl, onFailure: fail, onSuccess }),
    close: () => entries.close(),
  }
}

async function openEntries(
  options: CacheOptions,
  onFailure: (error: unknown) => void,
): Promise<SealedEntries | undefined> {
  switch (options.kind) {
    case 'off':
      return undefined
    case 'memory':
      return createMemoryEntries()
    case 'redis':
      return connectRedisEntries({ url: options.url, onFailure })
  }
}
