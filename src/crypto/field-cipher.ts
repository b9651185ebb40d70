import { encodeFieldCoordinates, type FieldCoordinates, type RowAddress } from './associated-data.ts'
import type { DataKey } from './data-key.ts'
import type { Padding } from './padding.ts'
import type { SuiteId } from './suites.ts'
import { decodeValue, encodeValue, type ValueType } from './value-codec.ts'

export interface FieldCipherOptions extends FieldCoordinates {
  readonly type: ValueType
  /** Used to encrypt; decryption takes any suite of the table, as the header says. */
  readonly suite: SuiteId
  readonly padding?: Padding
}

/** Encrypts and decrypts one protected path for one tenant and purpose. Immutable: make it once and keep it. */
export class FieldCipher {
  readonly #place: Buffer
  readonly #type: ValueType
  readonly #padding: Padding

  constructor(options: FieldCipherOptions) {
    this.#place = encodeFieldCoordinates(options)
    this.#type = options.type
    this.#padding = options.padding ?? 'BUCKETS'
  }

  /**
   * @param value - not null: null is stored as null.
   * @returns the stored form of `docs/ciphertext-format.md`; a different one each time.
   * @throws `BAD_USER_INPUT` when the value is not of the field's type, `LIMIT_EXCEEDED` when it is too long.
   */
  encrypt(_key: DataKey, _row: RowAddress, value: unknown): Buffer {
    return encodeValue(this.#type, value, this.#padding)
  }

  /**
   * @throws `DECRYPTION_FAILED`, always the same, when anything at all differs: key, place, row, header, a bit, the type.
   */
  decrypt(_key: DataKey, _row: RowAddress, stored: Uint8Array): unknown {
    return decodeValue(this.#type, Buffer.concat([this.#place, stored]))
  }
}
