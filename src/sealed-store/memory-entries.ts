import { LRUCache } from 'lru-cache'

import type { SealedEntries } from './sealed-entries.ts'

export interface MemoryEntriesOptions {
  /** Bytes of entries and names; beyond them the entries go that were used longest ago. Default 32 MiB. */
  readonly maxBytes?: number
}

/** Sealed entries in this process. */
export function createMemoryEntries({
  maxBytes = 32 * 1024 * 1024,
}: MemoryEntriesOptions = {}): SealedEntries {
  const entries = new LRUCache<string, Buffer>({
    maxSize: maxBytes,
    sizeCalculation: (bytes, name) => bytes.length + name.length,
  })
  return {
    get: (name) => Promise.resolve(entries.get(name)),
    set: (name, bytes, ttl) => {
      entries.set(name, bytes, { ttl })
      return Promise.resolve()
    },
    delete: (name) => {
      entries.delete(name)
      return Promise.resolve()
    },
    close: () => {
      entries.clear()
      return Promise.resolve()
    },
  }
}
