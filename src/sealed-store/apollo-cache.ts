import type { KeyValueCache, KeyValueCacheSetOptions } from '@apollo/utils.keyvaluecache'

import type { SealedStore } from './sealed-store.ts'

export interface ApolloCacheOptions {
  /** Seconds that a value lasts for which Apollo names no time. */
  readonly ttl: number
  /** Told of every failure; no name and no value is in it. */
  readonly onFailure: (error: unknown) => void
  /** Told of every call that did not fail. */
  readonly onSuccess?: () => void
}

/**
 * A sealed store as the cache of an Apollo Server: `new ApolloServer({ cache })`. A cache may forget: what does not open or
 * cannot be had is a miss, and what cannot be kept is not kept.
 */
export function createApolloCache(
  store: SealedStore,
  { ttl: defaultTtl, onFailure, onSuccess }: ApolloCacheOptions,
): KeyValueCache {
  const attempt = async <T>(call: Promise<T>): Promise<T | undefined> => {
    try {
      const answer = await call
      onSuccess?.()
      return answer
    } catch (error) {
      onFailure(error)
      return undefined
    }
  }
  return {
    get: (name) => attempt(store.get(name)),
    set: async (name, value, options?: KeyValueCacheSetOptions) => {
      await attempt(store.set(name, value, { ttl: options?.ttl ?? defaultTtl }))
    },
    delete: async (name) => {
      await attempt(store.delete(name))
    },
  }
}
