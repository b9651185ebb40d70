import { GatewayError } from '../../errors.ts'
import type { DataKey } from '../data-key.ts'
import { hkdfExpand } from '../hkdf-expand.ts'
import { lengthPrefixed } from '../length-prefixed.ts'
import { getSuite } from '../suites.ts'

/** Bytes of plaintext in every chunk but the last. */
export const chunkLength = 65_536
export const tagLength = 16
export const sealedChunkLength = chunkLength + tagLength

const prefixLength = 7
const maxIndex = 2 ** 32 - 1
const noAad = Buffer.alloc(0)

/**
 * Encrypts and decrypts the chunks of one stream, each on its own: the STREAM construction of Hoang, Reyhanitabar, Rogaway
 * and Vizár (CRYPTO 2015). A chunk is bound to its stream, to its position, and to being the last or not.
 *
 * Key and nonce prefix are made of the data key, the header with its salt, and the context: no two streams share them, and
 * within a stream the nonce counts.
 */
export class ChunkCipher {
  readonly #aead = getSuite(1).aead
  readonly #key: Buffer
  readonly #nonce: Buffer
  #live = true

  constructor(dataKey: DataKey, header: Buffer, context: readonly string[]) {
    const subkey = dataKey.subkey('stream/aes-256-gcm')
    this.#nonce = hkdfExpand(subkey, lengthPrefixed(['sealgate/stream/v1', 'nonce', header, ...context]))
    this.#key = hkdfExpand(subkey, lengthPrefixed(['sealgate/stream/v1', 'key', header, ...context]))
  }

  /** @returns the ciphertext and its tag. @throws `LIMIT_EXCEEDED` past 2^32 chunks. */
  seal(index: number, last: boolean, plaintext: Buffer): Buffer {
    if (index > maxIndex) throw new GatewayError('LIMIT_EXCEEDED', { message: 'The stream is too long.' })
    const sealed = Buffer.allocUnsafe(plaintext.length + tagLength)
    this.#aead.seal(this.#key, this.#nonceOf(index, last), noAad, plaintext, sealed, 0)
    return sealed
  }

  /** @throws `DECRYPTION_FAILED` when anything differs: key, stream, position, being the last, any bit. */
  open(index: number, last: boolean, sealed: Buffer): Buffer {
    const end = sealed.length - tagLength
    // An empty chunk is the whole of an empty stream: each plaintext has one way to be cut.
    if (index > maxIndex || end < (index === 0 ? 0 : 1)) throw new GatewayError('DECRYPTION_FAILED')
    const nonce = this.#nonceOf(index, last)
    try {
      return this.#aead.open(this.#key, nonce, noAad, sealed.subarray(0, end), sealed.subarray(end))
    } catch {
      throw new GatewayError('DECRYPTION_FAILED')
    }
  }

  /** Zeroes the key. Idempotent; every later use throws. */
  destroy(): void {
    this.#live = false
    this.#key.fill(0)
    this.#nonce.fill(0)
  }

  #nonceOf(index: number, last: boolean): Buffer {
    if (!this.#live) throw new TypeError('The key of this stream was destroyed.')
    const nonce = Buffer.allocUnsafe(prefixLength + 5)
    this.#nonce.copy(nonce, 0, 0, prefixLength)
    nonce.writeUInt32BE(index, prefixLength)
    nonce[prefixLength + 4] = last ? 1 : 0
    return nonce
  }
}
