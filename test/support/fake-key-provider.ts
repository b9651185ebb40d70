import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

import type {
  Kek,
  KeyOutcome,
  KeyProvider,
  KeyPurpose,
  UnwrapItem,
  WrapItem,
} from '../../src/crypto/key-provider.ts'
import { GatewayError } from '../../src/errors.ts'

/** One call of the provider. */
export interface KeyProviderCall {
  readonly operation: 'wrap' | 'unwrap'
  readonly keyType: string
  readonly purpose: KeyPurpose
  readonly items: number
}

/**
 * A key management service in memory, insecure because its KEKs are made of a word, but with real AES-256-GCM: what was
 * wrapped under another KEK, context or word does not unwrap.
 */
export class FakeKeyProvider implements KeyProvider {
  readonly name = 'fake'
  readonly calls: KeyProviderCall[] = []
  /** While true, whole calls fail as if the service could not be reached. */
  unreachable = false
  /** Asked for every item; true makes that item `UNAVAILABLE`. */
  failItem: (kek: Kek, item: WrapItem | UnwrapItem) => boolean = () => false
  readonly #word: string

  constructor(word = 'word') {
    this.#word = word
  }

  prepare(): Promise<void> {
    return this.check()
  }

  wrap(kek: Kek, items: readonly WrapItem[]): Promise<KeyOutcome[]> {
    return this.#answer('wrap', kek, items, ({ key, context }) => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', this.#kek(kek), nonce).setAAD(context)
      return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()])
    })
  }

  unwrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    return this.#answer('unwrap', kek, items, ({ wrapped, context }) => {
      const decipher = createDecipheriv('aes-256-gcm', this.#kek(kek), wrapped.subarray(0, 12))
      decipher.setAAD(context).setAuthTag(wrapped.subarray(-16))
      const key = Buffer.allocUnsafeSlow(32)
      decipher.update(wrapped.subarray(12, -16)).copy(key)
      decipher.final()
      return key
    })
  }

  check(): Promise<void> {
    return this.unreachable ? Promise.reject(new GatewayError('KEY_UNAVAILABLE')) : Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async #answer<Item extends WrapItem | UnwrapItem>(
    operation: 'wrap' | 'unwrap',
    kek: Kek,
    items: readonly Item[],
    run: (item: Item) => Buffer,
  ): Promise<KeyOutcome[]> {
    this.calls.push({ operation, keyType: kek.keyType, purpose: kek.purpose, items: items.length })
    await new Promise((resolve) => setImmediate(resolve))
    await this.check()
    return items.map((item): KeyOutcome => {
      if (this.failItem(kek, item)) return { ok: false, reason: 'UNAVAILABLE' }
      try {
        return { ok: true, bytes: run(item) }
      } catch {
        return { ok: false, reason: 'INVALID' }
      }
    })
  }

  #kek({ keyType, purpose }: Kek): Buffer {
    return createHash('sha256').update(`${this.#word}/${keyType}/${purpose}`).digest()
  }
}
