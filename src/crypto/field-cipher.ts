import { GatewayError } from '../errors.ts'
import { AssociatedData, type FieldCoordinates, type RowAddress } from './associated-data.ts'
import { headerLength, layOutCiphertext, namesKey, parseCiphertext } from './ciphertext.ts'
import type { DataKey } from './data-key.ts'
import { drawNonce } from './nonces.ts'
import type { Padding } from './padding.ts'
import { getSuite, type Suite, type SuiteId } from './suites.ts'
import { decodeValue, encodeValue, type ValueType } from './value-codec.ts'

export interface FieldCipherOptions extends FieldCoordinates {
  readonly type: ValueType
  /** Used to encrypt; decryption takes any suite of the table, as the header says. */
  readonly suite: SuiteId
  /** Default `BUCKETS`. */
  readonly padding?: Padding
}

/** Encrypts and decrypts one protected path for one tenant and purpose. Immutable: make it once and keep it. */
export class FieldCipher {
  readonly #associatedData: AssociatedData
  readonly #type: ValueType
  readonly #suite: Suite
  readonly #padding: Padding

  constructor(options: FieldCipherOptions) {
    this.#associatedData = new AssociatedData(options)
    this.#type = options.type
    this.#suite = getSuite(options.suite)
    this.#padding = options.padding ?? 'BUCKETS'
  }

  /**
   * @param value - of the field's type and not null: null is stored as null.
   * @returns the stored form of `docs/ciphertext-format.md`, another one each time.
   * @throws `BAD_USER_INPUT` when the value is not of the field's type, `LIMIT_EXCEEDED` when it is too long.
   */
  encrypt(key: DataKey, row: RowAddress, value: unknown): Buffer {
    const { label, nonceLength, aead } = this.#suite
    const subkey = key.subkey(label)
    const plaintext = encodeValue(this.#type, value, this.#padding)
    const nonce = drawNonce(nonceLength)
    const stored = layOutCiphertext(this.#suite, key.keyId, nonce, plaintext.length)
    const aad = this.#associatedData.of(row, stored)
    aead.seal(subkey, nonce, aad, plaintext, stored, headerLength + nonceLength)
    plaintext.fill(0)
    return stored
  }

  /**
   * @param stored - bytes of anyone who can write to the database.
   * @throws `DECRYPTION_FAILED`, always the same, when anything differs: key, field, row, header, type, any bit.
   */
  decrypt(key: DataKey, row: RowAddress, stored: Uint8Array): unknown {
    const { suite, bytes, bodyStart, tagStart } = parseCiphertext(stored)
    const subkey = key.subkey(suite.label)
    if (!namesKey(stored, key.keyId)) throw new GatewayError('DECRYPTION_FAILED')
    try {
      const nonce = bytes.subarray(headerLength, bodyStart)
      const body = bytes.subarray(bodyStart, tagStart)
      const aad = this.#associatedData.of(row, bytes)
      const plaintext = suite.aead.open(subkey, nonce, aad, body, bytes.subarray(tagStart))
      const value = decodeValue(this.#type, plaintext)
      plaintext.fill(0)
      return value
    } catch {
      throw new GatewayError('DECRYPTION_FAILED')
    }
  }
}
