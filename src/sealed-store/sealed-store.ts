import { RowAddress } from '../crypto/associated-data.ts'
import { BlindIndex } from '../crypto/blind-index.ts'
import { keyIdOf } from '../crypto/ciphertext.ts'
import type { DataKey } from '../crypto/data-key.ts'
import { FieldCipher } from '../crypto/field-cipher.ts'
import type { KeyLease } from '../crypto/key-lease.ts'
import type { Kek } from '../crypto/key-provider.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { createKeyTuple, type KeyTuple } from '../crypto/key-tuple.ts'
import { GatewayError } from '../errors.ts'
import type { SealedEntries } from './sealed-entries.ts'

export interface SealedStoreOptions {
  readonly keys: KeyRing
  readonly entries: SealedEntries
  /** What is kept, such as `sessions`: letters, digits, `-` and `_`. Two stores never open each other's entries. */
  readonly name: string
  readonly tenant: string
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
}

const keyType = 'SESSION'

/** The KEKs that sealed stores use: to be verified before the key ring is used. */
export const sealedStoreKeks: readonly Kek[] = [
  { keyType, purpose: 'REVEAL' },
  { keyType, purpose: 'INDEX' },
]

/** No collection can have this name. */
const collection = '$sealed'
const expiryLength = 8
const maxTtlSeconds = 10 * 365 * 86_400

/**
 * Values with a name and an end, kept sealed where others can read and write, such as in Redis: sessions, caches.
 *
 * Names are HMACs under the store's INDEX key. A value is sealed under the tenant's SESSION key, and bound to store, name
 * and end: put under another name, or given a later end, it does not open. Past its end it is not there, whatever the place
 * that keeps it says. When the SESSION key gets a new generation, older values open until they end.
 *
 * Not detected: an entry that was removed, or replaced by an older value of the same name that has not ended.
 */
export class SealedStore {
  readonly #keys: KeyRing
  readonly #entries: SealedEntries
  readonly #now: () => number
  readonly #prefix: string
  readonly #valueKey: KeyTuple
  readonly #nameKey: KeyTuple
  readonly #cipher: FieldCipher
  readonly #index: BlindIndex

  constructor({ keys, entries, name, tenant, now = Date.now }: SealedStoreOptions) {
    if (!/^[\w-]{1,64}$/.test(name))
      throw new TypeError('A sealed store is named by letters, digits, - and _.')
    const place = { tenant, collection, path: name, type: 'STRING' } as const
    this.#keys = keys
    this.#entries = entries
    this.#now = now
    this.#prefix = `sealgate:${name}:`
    this.#valueKey = createKeyTuple({ tenant, scope: 'TENANT', scopeId: '' }, keyType, 'REVEAL')
    const holder = { tenant, scope: 'PATH', scopeId: `${collection}.${name}` } as const
    this.#nameKey = createKeyTuple(holder, keyType, 'INDEX')
    this.#cipher = new FieldCipher({ ...place, purpose: 'REVEAL', suite: 2 })
    this.#index = new BlindIndex({ ...place, normalize: [] })
  }

  /**
   * The value, or undefined when there is none, it has ended, or its key was erased.
   *
   * @throws `DECRYPTION_FAILED` when what is kept is not what was set; `KEY_UNAVAILABLE`, `SERVICE_UNAVAILABLE`.
   */
  get(name: string): Promise<string | undefined> {
    return this.#withName(name, async (lease, term) => {
      const entry = await this.#entries.get(this.#entryName(term))
      if (entry === undefined) return undefined
      if (entry.length < expiryLength) throw new GatewayError('DECRYPTION_FAILED')
      const end = Number(entry.readBigUInt64BE())
      if (end <= this.#now()) return undefined
      const stored = entry.subarray(expiryLength)
      const key = await this.#readKey(lease, stored)
      return key && (this.#cipher.decrypt(key, rowOf(term, end), stored) as string)
    })
  }

  /**
   * @param ttl - seconds that the value lasts, at most ten years.
   * @throws `BAD_USER_INPUT` for another ttl; `LIMIT_EXCEEDED` for a value of more than 8 MiB; `KEY_UNAVAILABLE`,
   * `SERVICE_UNAVAILABLE`.
   */
  set(name: string, value: string, { ttl }: { readonly ttl: number }): Promise<void> {
    if (!(ttl > 0 && ttl <= maxTtlSeconds)) {
      const message = `A ttl is a number of seconds, more than 0 and at most ${maxTtlSeconds}.`
      return Promise.reject(new GatewayError('BAD_USER_INPUT', { message }))
    }
    return this.#withName(name, async (lease, term) => {
      await lease.collectForWrite([this.#valueKey])
      const milliseconds = Math.ceil(ttl * 1_000)
      const end = this.#now() + milliseconds
      const expiry = Buffer.alloc(expiryLength)
      expiry.writeBigUInt64BE(BigInt(end))
      const stored = this.#cipher.encrypt(lease.writeKey(this.#valueKey), rowOf(term, end), value)
      await this.#entries.set(this.#entryName(term), Buffer.concat([expiry, stored]), milliseconds)
    })
  }

  delete(name: string): Promise<void> {
    return this.#withName(name, (_lease, term) => this.#entries.delete(this.#entryName(term)))
  }

  async #withName<T>(name: string, use: (lease: KeyLease, term: Buffer) => Promise<T>): Promise<T> {
    const lease = this.#keys.openLease()
    try {
      await lease.collectForWrite([this.#nameKey])
      return await use(lease, this.#index.term(lease.writeKey(this.#nameKey), name))
    } finally {
      lease.release()
    }
  }

  async #readKey(lease: KeyLease, stored: Buffer): Promise<DataKey | undefined> {
    const keyId = keyIdOf(stored)
    if (keyId !== undefined) await lease.collectForRead([{ tuple: this.#valueKey, keyId }])
    try {
      return lease.readKey(this.#valueKey, keyId)
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'ERASED') return undefined
      throw error
    }
  }

  #entryName(term: Buffer): string {
    return `${this.#prefix}${term.toString('base64url')}`
  }
}

/** Name and end in the place of document and element. */
function rowOf(term: Buffer, end: number): RowAddress {
  return new RowAddress('', term.toString('hex'), [String(end)])
}
