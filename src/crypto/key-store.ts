import type { Kek, KeyPurpose } from './key-provider.ts'
import type { KeyHolder } from './key-tuple.ts'

/**
 * | state | reads | writes |
 * | --- | --- | --- |
 * | `enabled` | yes | yes, the highest enabled generation |
 * | `disabled` | `KEY_UNAVAILABLE` | `KEY_UNAVAILABLE` unless a generation is enabled |
 * | `compromised` | yes, so that the data can be re-encrypted | a new generation |
 * | `closing`, `destroyed` | `ERASED` | `ERASED` |
 *
 * The `INDEX` key of a searchable path has two more, `indexing` and `retired`, on its way from one generation to the next:
 * see {@link import('./index-states.ts').judgeForIndex}.
 */
export type KeyState =
  'enabled' | 'disabled' | 'compromised' | 'indexing' | 'retired' | 'closing' | 'destroyed'

/** Which of a holder's keys: a slot is taken once, for ever. */
export interface KeySlot extends Kek {
  readonly purpose: KeyPurpose
  /** From 1 on. */
  readonly generation: number
}

export interface StoredKey extends KeySlot {
  /** 32-byte commitment to the key. */
  readonly keyId: Buffer
  /** Empty once destroyed. */
  readonly wrapped: Buffer
  readonly state: KeyState
  readonly createdAt: Date
  /** Of an `INDEX` key of a searchable path: the `BlindIndex.version` of the terms under it. */
  readonly indexVersion?: string
}

export interface KeyRow {
  /** `holderId(holder)`. */
  readonly id: Buffer
  readonly holder: KeyHolder
  readonly keys: readonly StoredKey[]
  /** Being erased, for good: no key of it is read or made any more, whatever the keys say. */
  readonly closing?: boolean
  /** A tombstone: whatever the keys say, there are none any more. */
  readonly erased?: boolean
}

/** A random key wrapped by a KEK when it was first used; proves later that the KMS still holds that KEK. */
export interface Canary {
  readonly keyId: Buffer
  readonly wrapped: Buffer
}

/** What of a key a job changes. */
export type KeyForm = Pick<StoredKey, 'wrapped' | 'state'>

/** Changes of keys of one row: made together, or not at all when one of them is not as it was any more. */
export interface RowChange {
  readonly rowId: Buffer
  readonly keys: readonly { readonly slot: KeySlot; readonly from: KeyForm; readonly to: KeyForm }[]
}

/**
 * Where wrapped keys are kept. What a write returns is durable: with majority and journal where the database knows these.
 */
export interface KeyStore {
  /** Rows that exist, in any order. */
  find(ids: readonly Buffer[]): Promise<KeyRow[]>
  /** Inserts rows whose id is free. Returns for every row, in order, what is stored now: it, or another's that was first. */
  insertMissing(rows: readonly KeyRow[]): Promise<KeyRow[]>
  /** Adds the keys whose slots are free, unless the row is closing or erased. Returns the row as it is stored now. */
  addKeys(rowId: Buffer, keys: readonly StoredKey[]): Promise<KeyRow>
  /** Whether any row has a key, not destroyed, that this KEK wraps. */
  hasKeys(kek: Kek): Promise<boolean>
  /** How many rows there are, about: for telling how far a scan is. */
  count(): Promise<number>
  /** At most `limit` rows whose ids follow `after`, in the order of their ids. */
  scan(after: Buffer | undefined, limit: number): Promise<KeyRow[]>
  /** Compares and sets. Rows that were changed meanwhile, or erased, stay as they are. Returns how many rows were changed. */
  changeKeys(changes: readonly RowChange[]): Promise<number>
  /** Makes the row of a holder `closing`, for ever, and makes it where there is none. */
  closeRow(holder: KeyHolder): Promise<void>
  /** Turns the row of a holder, which must be closing, into a tombstone: no wrapped bytes stay, its slots stay taken. */
  destroyRow(holder: KeyHolder): Promise<void>
  /** Counts changes of key states: another number than before means that some were changed. */
  epoch(): Promise<number>
  /** To be called behind every change of key states. */
  advanceEpoch(): Promise<void>
  findCanary(kek: Kek): Promise<Canary | undefined>
  /** Every KEK that has a canary, also those without any data key, in any order. */
  listCanaries(): Promise<Kek[]>
  /** Returns what is stored now: this canary, or another's that was first. */
  insertCanary(kek: Kek, canary: Canary): Promise<Canary>
  /** Compares and sets. Returns whether the canary was still the one that is to be replaced. */
  replaceCanary(kek: Kek, from: Canary, to: Canary): Promise<boolean>
}
