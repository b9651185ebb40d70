import { LRUCache } from 'lru-cache'
import type { DataKey } from './data-key.ts'
import type { KeyTuple } from './key-tuple.ts'

export interface KeyCacheOptions {
  /** At most this many entries. Default 20,000: a key in use has two at most, one for reads and one for writes. */
  readonly maxKeys?: number
  /** Milliseconds an entry lives, however often it is used. Default 300,000. */
  readonly ttl?: number
  /** How often an entry may be taken. Default 1,000,000. */
  readonly maxUses?: number
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: () => number
}

/** A key, or several that belong together, with pins. */
export interface Pinned {
  retain(): this
  release(): void
}

interface CacheEntry<Key extends Pinned> {
  readonly key: Key
  readonly tuple: KeyTuple
  usesLeft: number
}

/** Data keys by id, with a pin of its own on each: what leaves the cache is zeroed unless somebody still uses it. */
export class KeyCache<Key extends Pinned = DataKey> {
  readonly #entries: LRUCache<string, CacheEntry<Key>>
  readonly #maxUses: number
  #purge: NodeJS.Timeout | undefined

  constructor({ maxKeys = 20_000, ttl = 300_000, maxUses = 1_000_000, now }: KeyCacheOptions) {
    this.#maxUses = maxUses
    this.#entries = new LRUCache({
      max: maxKeys,
      ttl,
      ...(now === undefined ? {} : { perf: { now }, ttlResolution: 0 }),
      dispose: ({ key }) => {
        key.release()
      },
    })
  }

  /**
   * The key with a pin for the caller; undefined when there is none of this id and tuple, or it is past its time or uses.
   *
   * @param tuple - the one that the caller expects.
   */
  take(id: string, tuple: KeyTuple): Key | undefined {
    const entry = this.#entries.get(id)
    if (!entry?.tuple.equals(tuple)) return undefined
    entry.usesLeft -= 1
    const key = entry.key.retain()
    if (entry.usesLeft <= 0) this.#entries.delete(id)
    return key
  }

  /** As {@link take}, and the key is there under `name` as well from now on: until the end that it has already. */
  takeAs(name: string, id: string, tuple: KeyTuple): Key | undefined {
    const usesLeft = this.#entries.peek(id)?.usesLeft
    const ttl = this.#entries.getRemainingTTL(id)
    const key = this.take(id, tuple)
    if (key !== undefined && usesLeft !== undefined && ttl > 0) {
      this.#entries.set(name, { key: key.retain(), tuple, usesLeft }, { ttl })
    }
    return key
  }

  put(id: string, tuple: KeyTuple, key: Key): void {
    this.#entries.set(id, { key: key.retain(), tuple, usesLeft: this.#maxUses })
    this.#purge ??= this.#schedulePurge()
  }

  clear(): void {
    this.#entries.clear()
  }

  /** So that keys do not outlive their time by much in a process that does nothing. */
  #schedulePurge(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#entries.purgeStale()
      this.#purge = this.#entries.size > 0 ? this.#schedulePurge() : undefined
    }, this.#entries.ttl / 4).unref()
  }
}
