import { haveOneKey, keyIdOf } from '../crypto/ciphertext.ts'
import type { DataKey } from '../crypto/data-key.ts'
import type { KeyLease, KeyRequest } from '../crypto/key-lease.ts'
import type { KeyTuple } from '../crypto/key-tuple.ts'
import { GatewayError } from '../errors.ts'
import type { PathCipher, RowOwner } from './path-cipher.ts'

/** A key that values of one row were encrypted with. */
export class NeededKey implements KeyRequest {
  readonly tuple: KeyTuple
  readonly keyId: string
  #outcome: DataKey | GatewayError | undefined

  constructor(tuple: KeyTuple, keyId: string) {
    this.tuple = tuple
    this.keyId = keyId
  }

  /** To be called once it was collected. */
  take(lease: KeyLease): void {
    try {
      this.#outcome = lease.readKey(this.tuple, this.keyId)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      this.#outcome = error
    }
  }

  /** @throws ERASED, KEY_UNAVAILABLE or DECRYPTION_FAILED */
  get key(): DataKey {
    if (this.#outcome === undefined) throw new TypeError('This key was not taken.')
    if (this.#outcome instanceof GatewayError) throw this.#outcome
    return this.#outcome
  }
}

interface KnownKey {
  readonly group: string
  readonly purpose: 'REVEAL' | 'MASK'
  /** A value that names the key. */
  readonly value: Buffer
  readonly needed: NeededKey
}

/** The keys of one row. Its values share few, so that most are found by comparing headers and nothing is looked up twice. */
export class RowKeys {
  readonly #owner: RowOwner
  readonly #all: NeededKey[]
  readonly #known: KnownKey[] = []

  /** @param all - receives every key once */
  constructor(owner: RowOwner, all: NeededKey[]) {
    this.#owner = owner
    this.#all = all
  }

  /** The key of a stored value; undefined when its header names none. */
  of(cipher: PathCipher, purpose: 'REVEAL' | 'MASK', stored: Buffer): NeededKey | undefined {
    for (const known of this.#known) {
      if (known.purpose === purpose && known.group === cipher.keyGroup && haveOneKey(stored, known.value))
        return known.needed
    }
    const keyId = keyIdOf(stored)
    if (keyId === undefined) return undefined
    const tuple = purpose === 'REVEAL' ? cipher.revealKey(this.#owner) : cipher.maskKey(this.#owner)
    const needed = new NeededKey(tuple, keyId)
    this.#known.push({ group: cipher.keyGroup, purpose, value: stored, needed })
    this.#all.push(needed)
    return needed
  }
}
