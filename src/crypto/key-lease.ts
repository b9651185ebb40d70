import { GatewayError } from '../errors.ts'
import { DataKey } from './data-key.ts'
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
export type KeyOutcome = DataKey | KeyFailure

/** What a lease takes keys from. */
export interface KeySource {
  cached(name: string): DataKey | undefined
  loadForRead(requests: ReadonlyMap<string, KeyRequest>): Promise<ReadonlyMap<string, KeyOutcome>>
  loadForWrite(tuples: ReadonlyMap<string, KeyTuple>): Promise<ReadonlyMap<string, KeyOutcome>>
}

/**
 * The data keys of one request. Collect before the fields resolve (once per level), look up synchronously while they do,
 * release at the very end. A collected key stays usable until then, whatever happens to the cache.
 */
export class KeyLease {
  readonly #source: KeySource
  readonly #held = new Map<string, KeyOutcome>()
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
      const name = readName(request.tuple, request.keyId)
      if (!this.#holds(name)) missing.set(name, request)
    }
    return missing.size === 0 ? undefined : this.#keep(this.#source.loadForRead(missing))
  }

  /**
   * Makes the current key of every tuple available, creating and storing the missing ones.
   *
   * @throws `ERASED`, `KEY_UNAVAILABLE` or `DECRYPTION_FAILED` when any of them cannot be had: write nothing then.
   */
  collectForWrite(tuples: readonly KeyTuple[]): Promise<void> | undefined {
    const missing = new Map<string, KeyTuple>()
    for (const tuple of tuples) if (!this.#holds(tuple.name)) missing.set(tuple.name, tuple)
    if (missing.size === 0) return undefined
    return this.#keep(this.#source.loadForWrite(missing)).then(() => {
      for (const name of missing.keys()) this.#get(name)
    })
  }

  /** @throws `ERASED`, `KEY_UNAVAILABLE` or `DECRYPTION_FAILED` (also for an undefined key id) for this key alone. */
  readKey(tuple: KeyTuple, keyId: string | undefined): DataKey {
    if (keyId === undefined) throw new GatewayError('DECRYPTION_FAILED')
    return this.#get(readName(tuple, keyId))
  }

  writeKey(tuple: KeyTuple): DataKey {
    return this.#get(tuple.name)
  }

  /** Unpins everything; the lease and its keys are not to be used afterwards. Idempotent. */
  release(): void {
    this.#released = true
    for (const outcome of this.#held.values()) if (outcome instanceof DataKey) outcome.release()
    this.#held.clear()
  }

  #holds(name: string): boolean {
    if (this.#released) throw new TypeError('This lease was released.')
    if (this.#held.has(name)) return true
    const key = this.#source.cached(name)
    if (key !== undefined) this.#held.set(name, key)
    return key !== undefined
  }

  async #keep(loading: Promise<ReadonlyMap<string, KeyOutcome>>): Promise<void> {
    for (const [name, outcome] of await loading) {
      // Two collections of one lease may have asked for it at the same time, or the request may have ended meanwhile.
      const surplus = this.#released || this.#held.get(name) instanceof DataKey
      if (!surplus) this.#held.set(name, outcome)
      else if (outcome instanceof DataKey) outcome.release()
    }
  }

  #get(name: string): DataKey {
    const outcome = this.#held.get(name)
    if (outcome === undefined) throw new TypeError('This key was not collected, or the lease was released.')
    if (outcome instanceof DataKey) return outcome
    throw new GatewayError(outcome)
  }
}

/** Names a key as reads ask for it; writes ask by the name of the tuple. */
export function readName(tuple: KeyTuple, keyId: string): string {
  return `${tuple.name}#${keyId}`
}
