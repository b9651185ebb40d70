import type { DataKey } from './data-key.ts'
import type { KeyTuple } from './key-tuple.ts'

/** A key that stored values ask for: the tuple that the caller expects, the key id that the header names. */
export interface KeyRequest {
  readonly tuple: KeyTuple
  /** Lower-case hex, of `keyIdOf(stored)`. */
  readonly keyId: string
}

/**
 * The data keys of one request. Collect before the fields resolve (once per level), look up synchronously while they do,
 * release at the very end. A collected key stays usable until then, whatever happens to the cache.
 */
export interface KeyLease {
  /**
   * Makes the keys of stored values available. Never fails as a whole: what could not be had throws at `readKey`.
   *
   * @returns undefined when everything was cached, so that nothing has to be awaited.
   */
  collectForRead(requests: readonly KeyRequest[]): Promise<void> | undefined
  /**
   * Makes the current key of every tuple available, creating and storing the missing ones.
   *
   * @throws `ERASED`, `KEY_UNAVAILABLE` or `DECRYPTION_FAILED` when any of them cannot be had: write nothing then.
   */
  collectForWrite(tuples: readonly KeyTuple[]): Promise<void> | undefined
  /** @throws `ERASED`, `KEY_UNAVAILABLE` or `DECRYPTION_FAILED` (also for an undefined key id) for this key alone. */
  readKey(tuple: KeyTuple, keyId: string | undefined): DataKey
  /** @throws TypeError when the tuple was not collected for writing. */
  writeKey(tuple: KeyTuple): DataKey
  /** Unpins everything; the lease and its keys are not to be used afterwards. Idempotent. */
  release(): void
}
