import { GatewayError } from '../errors.ts'
import { DataKey } from './data-key.ts'
import type { IndexKeys, IndexPath } from './index-keys.ts'
import type { KeyTuple } from './key-tuple.ts'

/** A key that stored values ask for: the tuple that the caller expects, the key id that the header names. */
export interface KeyRequest {
  readonly tuple: KeyTuple
  /** Lower-case hex, of `keyIdOf(stored)`. */
  readonly keyId: string
}

/** Why a key cannot be had. */
export type KeyFailure = 'ERASED' | 'KEY_UNAVAILABLE' | 'DECRYPTION_FAILED'
/** A key comes with a pin for whoever receives it. */
export type LoadOutcome<Key = DataKey> = Key | KeyFailure

interface Held {
  readonly tuple: KeyTuple
  readonly outcome: LoadOutcome
}

/** Keys of a searchable path. */
export interface HeldIndex {
  readonly keys: IndexKeys
  /** Since when the key states may have changed, by `performance.now`. */
  readonly takenAt: number
}

function fullName(tuple: KeyTuple, id: string): string {
  return `${tuple.name}#${id}`
}

/** What a lease takes keys from. Loads answer by the names under which they were asked. */
export interface KeySource {
  /** @param id - the key id; for the current key of a tuple, the name of the tuple. */
  cached(id: string, tuple: KeyTuple): DataKey | undefined
  loadForRead(requests: ReadonlyMap<string, KeyRequest>): Promise<ReadonlyMap<string, LoadOutcome>>
  loadForWrite(tuples: ReadonlyMap<string, KeyTuple>): Promise<ReadonlyMap<string, LoadOutcome>>
  cachedIndex(tuple: KeyTuple): IndexKeys | undefined
  loadIndexes(paths: ReadonlyMap<string, IndexPath>): Promise<ReadonlyMap<string, LoadOutcome<IndexKeys>>>
}

/**
 * The data keys of one request. Collect before the fields resolve (once per level), look up synchronously while they do,
 * release at the very end. A collected key stays usable until then, whatever happens to the cache.
 */
export class KeyLease {
  readonly #source: KeySource
  /** By key id; the current key of a tuple by the name of the tuple. */
  readonly #held = new Map<string, Held>()
  /** Where one key id is asked for under several tuples, which only a moved ciphertext brings about: by both names. */
  readonly #strays = new Map<string, Held>()
  /** By the names of tuples. */
  readonly #indexes = new Map<string, HeldIndex>()
  #released = false

  constructor(source: KeySource) {
    this.#source = source
  }

  /**
   * Makes the keys of stored values available. Never fails for a key: what could not be had throws at `readKey`.
   *
   * @returns undefined when everything was at hand, so that nothing has to be awaited.
   */
  collectForRead(requests: readonly KeyRequest[]): Promise<void> | undefined {
    const missing = new Map<string, KeyRequest>()
    for (const request of requests) {
      const { tuple, keyId } = request
      if (!this.#holds(tuple, keyId)) missing.set(fullName(tuple, keyId), request)
    }
    if (missing.size === 0) return undefined
    return this.#source.loadForRead(missing).then((outcomes) => {
      for (const [name, { tuple, keyId }] of missing) this.#keep(tuple, keyId, outcomes.get(name))
    })
  }

  /**
   * Makes the current key of every tuple available, creating and storing the missing ones.
   *
   * @throws `ERASED`, `KEY_UNAVAILABLE` or `DECRYPTION_FAILED` when any of them cannot be had: write nothing then.
   */
  collectForWrite(tuples: readonly KeyTuple[]): Promise<void> | undefined {
    const missing = new Map<string, KeyTuple>()
    for (const tuple of tuples) if (!this.#holds(tuple, tuple.name)) missing.set(tuple.name, tuple)
    if (missing.size === 0) return undefined
    return this.#source.loadForWrite(missing).then((outcomes) => {
      for (const [name, tuple] of missing) this.#keep(tuple, name, outcomes.get(name))
      for (const [name, tuple] of missing) this.#get(tuple, name)
    })
  }

  /** @throws `ERASED`, `KEY_UNAVAILABLE` or `DECRYPTION_FAILED` (also for an undefined key id) for this key alone. */
  readKey(tuple: KeyTuple, keyId: string | undefined): DataKey {
    if (keyId === undefined) throw new GatewayError('DECRYPTION_FAILED')
    return this.#get(tuple, keyId)
  }

  /** The current key of a tuple that was collected for writing. */
  writeKey(tuple: KeyTuple): DataKey {
    return this.#get(tuple, tuple.name)
  }

  /**
   * Makes the keys of searchable paths available, creating and storing the missing ones. Asked again for a path, it takes
   * what the key states say by then in the place of what it took before.
   *
   * @throws `ERASED`, `KEY_UNAVAILABLE` or `DECRYPTION_FAILED` when any of them cannot be had: neither write nor search then.
   */
  collectIndexes(paths: readonly IndexPath[]): Promise<void> | undefined {
    if (this.#released) throw new TypeError('This lease was released.')
    const takenAt = performance.now()
    const missing = new Map<string, IndexPath>()
    for (const path of paths) {
      const { name } = path.tuple
      const keys = this.#source.cachedIndex(path.tuple)
      if (keys === undefined) missing.set(name, path)
      else this.#keepIndex(name, { keys, takenAt })
    }
    if (missing.size === 0) return undefined
    return this.#source.loadIndexes(missing).then((outcomes) => {
      let failure: KeyFailure | undefined
      for (const name of missing.keys()) {
        const keys = outcomes.get(name) ?? 'KEY_UNAVAILABLE'
        if (typeof keys === 'string') failure = keys
        else this.#keepIndex(name, { keys, takenAt: keys.openedAt })
      }
      if (failure !== undefined) throw new GatewayError(failure)
    })
  }

  /** The keys of a searchable path that was collected. */
  indexKeys(tuple: KeyTuple): HeldIndex {
    const held = this.#indexes.get(tuple.name)
    if (held === undefined) throw new TypeError('This index was not collected, or the lease was released.')
    return held
  }

  /** Unpins everything; the lease and its keys are not to be used afterwards. Idempotent. */
  release(): void {
    this.#released = true
    for (const held of [this.#held, this.#strays]) {
      for (const { outcome } of held.values()) if (outcome instanceof DataKey) outcome.release()
      held.clear()
    }
    for (const { keys } of this.#indexes.values()) keys.release()
    this.#indexes.clear()
  }

  #keepIndex(name: string, held: HeldIndex): void {
    if (this.#released) {
      held.keys.release()
      return
    }
    this.#indexes.get(name)?.keys.release()
    this.#indexes.set(name, held)
  }

  #holds(tuple: KeyTuple, id: string): boolean {
    if (this.#released) throw new TypeError('This lease was released.')
    if (this.#find(tuple, id) !== undefined) return true
    const key = this.#source.cached(id, tuple)
    if (key !== undefined) this.#keep(tuple, id, key)
    return key !== undefined
  }

  /** Two collections may have asked for it at the same time, and the lease may have ended meanwhile. */
  #keep(tuple: KeyTuple, id: string, outcome: LoadOutcome = 'KEY_UNAVAILABLE'): void {
    if (this.#released || this.#find(tuple, id)?.outcome instanceof DataKey) {
      if (outcome instanceof DataKey) outcome.release()
      return
    }
    const isStray = this.#held.get(id)?.tuple.equals(tuple) === false
    if (isStray) this.#strays.set(fullName(tuple, id), { tuple, outcome })
    else this.#held.set(id, { tuple, outcome })
  }

  #find(tuple: KeyTuple, id: string): Held | undefined {
    const held = this.#held.get(id)
    if (held === undefined || held.tuple.equals(tuple)) return held
    return this.#strays.get(fullName(tuple, id))
  }

  #get(tuple: KeyTuple, id: string): DataKey {
    const outcome = this.#find(tuple, id)?.outcome
    if (outcome === undefined) throw new TypeError('This key was not collected, or the lease was released.')
    if (outcome instanceof DataKey) return outcome
    throw new GatewayError(outcome)
  }
}
