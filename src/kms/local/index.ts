import type { Kek, KeyOutcome, KeyProvider, UnwrapItem, WrapItem } from '../../crypto/key-provider.ts'
import { GatewayError } from '../../errors.ts'
import { assertUnwrapItems, assertWrapItems, dataKeyLength } from '../assert-items.ts'
import { kekNameOf } from '../kek-name.ts'
import { openKeyring } from './keyring.ts'
import type { Keyring } from './keyring.ts'
import type { LocalOptions } from './options.ts'
import { openBytes, sealBytes, sealOverhead } from './seal.ts'

// A wrapped key: format version, KEK version (32 bits), nonce, ciphertext, tag. The context follows the first five bytes
// in the AAD; their fixed length keeps the two apart.
const kekVersion = 1
const header = Buffer.from([1, 0, 0, 0, kekVersion])
const wrappedLength = header.length + sealOverhead + dataKeyLength

/**
 * Wraps data keys in this process, under KEKs sealed in a folder.
 *
 * It guards against a stolen database, not against a stolen machine: KEKs are in this process's memory. Processes that
 * share the folder and the master key share the KEKs.
 */
export function createLocalKeyProvider(options: LocalOptions): KeyProvider {
  return new LocalKeyProvider(options)
}

class LocalKeyProvider implements KeyProvider {
  readonly name = 'local'
  readonly #options: LocalOptions
  readonly #keks = new Map<string, Buffer>()
  #keyring: Promise<Keyring> | undefined

  constructor(options: LocalOptions) {
    this.#options = options
  }

  async prepare(keks: readonly Kek[]): Promise<void> {
    const keyring = await this.#openKeyring()
    for (const kek of keks) {
      if (this.#keks.has(kekNameOf(kek))) continue
      const bytes = await keyring.loadKek(kek, kekVersion)
      if (this.#keks.has(kekNameOf(kek))) bytes.fill(0)
      else this.#keks.set(kekNameOf(kek), bytes)
    }
    await keyring.sync()
  }

  wrap(kek: Kek, items: readonly WrapItem[]): Promise<KeyOutcome[]> {
    return this.#withKek(kek, (bytes) => {
      assertWrapItems(items)
      return items.map(({ context, key }) => ({
        ok: true,
        bytes: Buffer.concat([header, sealBytes(bytes, Buffer.concat([header, context]), key)]),
      }))
    })
  }

  unwrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    return this.#withKek(kek, (bytes) => {
      assertUnwrapItems(items)
      return items.map(({ context, wrapped }) => {
        const known = wrapped.length === wrappedLength && wrapped.subarray(0, header.length).equals(header)
        const sealed = wrapped.subarray(header.length)
        const key = known ? openBytes(bytes, Buffer.concat([header, context]), sealed) : undefined
        return key === undefined ? { ok: false, reason: 'INVALID' } : { ok: true, bytes: key }
      })
    })
  }

  async check(): Promise<void> {
    if (this.#keks.size === 0) throw notPrepared()
    await this.#openKeyring()
  }

  async close(): Promise<void> {
    for (const bytes of this.#keks.values()) bytes.fill(0)
    this.#keks.clear()
    const keyring = this.#keyring
    this.#keyring = Promise.reject(notPrepared())
    this.#keyring.catch(() => undefined)
    await keyring?.then(
      (opened) => {
        opened.close()
      },
      () => undefined,
    )
  }

  /** Opened once; a failure is forgotten, so that a corrected folder opens at the next call. */
  #openKeyring(): Promise<Keyring> {
    this.#keyring ??= openKeyring(this.#options).catch((error: unknown) => {
      this.#keyring = undefined
      throw error
    })
    return this.#keyring
  }

  /** A promise also for what fails at once. */
  #withKek(kek: Kek, work: (bytes: Buffer) => KeyOutcome[]): Promise<KeyOutcome[]> {
    return new Promise((resolve) => {
      const bytes = this.#keks.get(kekNameOf(kek))
      if (bytes === undefined) throw notPrepared()
      resolve(work(bytes))
    })
  }
}

function notPrepared(): GatewayError {
  return new GatewayError('KEY_UNAVAILABLE', {
    message: 'The local provider is closed, or was not prepared for this key.',
  })
}
