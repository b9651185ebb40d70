import { randomFillSync, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'
import { GatewayError } from '../errors.ts'
import { hkdfExpand } from './hkdf-expand.ts'

/** What is derived from the root of a data key; one label per use, so that no two algorithms share key bytes. */
export type KeyLabel =
  | 'encrypt/aes-256-gcm'
  | 'encrypt/xaes-256-gcm'
  | 'encrypt/chacha20-poly1305'
  | 'stream/aes-256-gcm'
  | 'index'
  | 'sign/ed25519'
  | 'commit'

const rootLength = 32

/**
 * A data key in memory: 32 random root bytes, from which every key in use is derived.
 *
 * The creator holds the first pin. Whoever keeps the key longer pins it with {@link DataKey.retain}; the last
 * {@link DataKey.release} zeroes the bytes, and from then on every use throws: an all-zero key would encrypt without
 * complaint. Printing, logging and serialising show nothing.
 */
export class DataKey {
  /** The 32-byte commitment to the root. Public: it stands in the key row and in the header of every ciphertext. */
  readonly keyId: Buffer
  readonly #root: Buffer
  readonly #subkeys = new Map<KeyLabel, Buffer>()
  #pins = 1

  private constructor(root: Buffer, keyId: Buffer) {
    this.#root = root
    this.keyId = keyId
  }

  /** Draws a new key from the CSPRNG. */
  static create(): DataKey {
    const root = randomFillSync(Buffer.allocUnsafeSlow(rootLength))
    return new DataKey(root, derive(root, 'commit'))
  }

  /**
   * Takes over the root bytes of an unwrapped key, which the caller must not use again.
   *
   * @throws `DECRYPTION_FAILED` when the root is not the one the key id commits to; the bytes are zeroed.
   */
  static open(root: Buffer, expectedKeyId: Buffer): DataKey {
    if (root.length === rootLength && expectedKeyId.length === rootLength) {
      const keyId = derive(root, 'commit')
      if (timingSafeEqual(keyId, expectedKeyId)) return new DataKey(root, keyId)
    }
    root.fill(0)
    throw new GatewayError('DECRYPTION_FAILED')
  }

  /** The key bytes for one use; they stay owned by this key and are not to be kept. */
  subkey(label: KeyLabel): Buffer {
    this.#assertLive()
    let subkey = this.#subkeys.get(label)
    if (subkey === undefined) {
      subkey = derive(this.#root, label)
      this.#subkeys.set(label, subkey)
    }
    return subkey
  }

  /** The root bytes, to be wrapped by a KMS and for nothing else; they stay owned by this key. */
  rootForWrapping(): Buffer {
    this.#assertLive()
    return this.#root
  }

  retain(): this {
    this.#assertLive()
    this.#pins += 1
    return this
  }

  release(): void {
    this.#assertLive()
    this.#pins -= 1
    if (this.#pins > 0) return
    this.#root.fill(0)
    for (const subkey of this.#subkeys.values()) subkey.fill(0)
  }

  toString(): string {
    return '[DataKey]'
  }

  toJSON(): string {
    return '[DataKey]'
  }

  [inspect.custom](): string {
    return '[DataKey]'
  }

  #assertLive(): void {
    if (this.#pins === 0) throw new TypeError('This data key was released.')
  }
}

function derive(root: Buffer, label: KeyLabel): Buffer {
  return hkdfExpand(root, `sealgate/v1/${label}`)
}
