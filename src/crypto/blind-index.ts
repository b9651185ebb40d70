import { createHmac } from 'node:crypto'
import type { DataKey } from './data-key.ts'
import { lengthPrefixed } from './length-prefixed.ts'
import { GatewayError } from '../errors.ts'
import { createNormalizer, type Normalizer, type NormalizeStep, stepsOf } from './normalize.ts'
import { encodeValue, type ScalarKind } from './value-codec.ts'

export interface BlindIndexOptions {
  readonly tenant: string
  readonly collection: string
  readonly path: string
  readonly type: Exclude<ScalarKind, 'JSON'>
  /** For text; other kinds are compared as they are. */
  readonly normalize: readonly NormalizeStep[]
}

/**
 * Equality search over one encrypted path: under one key, equal values have equal terms. Immutable: make it once.
 *
 * A term says whether two values of the path are equal, and to the holder of the key which value of a guessed few it is.
 * It is stored at its full 32 bytes: a shorter one would still show equality, and could not carry a unique index.
 */
export class BlindIndex {
  /** Terms of different versions are never equal. */
  readonly version: string
  readonly #coordinates: Buffer
  readonly #normalizer: Normalizer
  readonly #type: BlindIndexOptions['type']
  readonly #options: BlindIndexOptions
  readonly #others = new Map<string, BlindIndex>()

  constructor(options: BlindIndexOptions) {
    const { tenant, collection, path, type, normalize } = options
    this.#options = options
    this.#normalizer = createNormalizer(normalize)
    this.#type = type
    this.version = this.#normalizer.version
    this.#coordinates = lengthPrefixed(['sealgate/index/v1', this.version, tenant, collection, path])
  }

  /**
   * The index of the same path with another normaliser, as keys name it that were made for a schema of before or after this.
   *
   * @param version - absent: this one.
   * @throws `KEY_UNAVAILABLE` for a normaliser that only another version of this program has.
   */
  at(version: string | undefined): BlindIndex {
    if (version === undefined || version === this.version) return this
    const known = this.#others.get(version)
    if (known !== undefined) return known
    const normalize = stepsOf(version)
    if (normalize === undefined) throw new GatewayError('KEY_UNAVAILABLE')
    const other = new BlindIndex({ ...this.#options, normalize })
    this.#others.set(version, other)
    return other
  }

  /** 32 bytes. @throws `BAD_USER_INPUT` when the value is not of the path's type or cannot be normalised. */
  term(key: DataKey, value: unknown): Buffer {
    return createHmac('sha256', key.subkey('index'))
      .update(this.#coordinates)
      .update(this.#comparable(value))
      .digest()
  }

  /** Whether two values are the same for this index: to be asked of every decrypted value that a term found. */
  matches(one: unknown, other: unknown): boolean {
    return this.#comparable(one).equals(this.#comparable(other))
  }

  #comparable(value: unknown): Buffer {
    const normalized = typeof value === 'string' ? this.#normalizer.apply(value) : value
    return encodeValue(this.#type, normalized, 'NONE')
  }
}
