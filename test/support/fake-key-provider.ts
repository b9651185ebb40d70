import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

import type {
  Kek,
  KekStatus,
  KeyOutcome,
  KeyProvider,
  KeyPurpose,
  UnwrapItem,
  WrapItem,
} from '../../src/crypto/key-provider.ts'
import { GatewayError } from '../../src/errors.ts'

/** One call of the provider. */
export interface KeyProviderCall {
  readonly operation: 'wrap' | 'unwrap' | 'rewrap'
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
  readonly capabilities = { batch: true, context: true, serverRewrap: true, versions: true } as const
  readonly calls: KeyProviderCall[] = []
  /** Tells when a version is made, in milliseconds since 1970. */
  now = Date.now
  /** While true, whole calls fail as if the service could not be reached. */
  unreachable = false
  /** Asked for every item; true makes that item `UNAVAILABLE`. */
  failItem: (kek: Kek, item: WrapItem | UnwrapItem) => boolean = () => false
  readonly #word: string
  /** By KEK; a KEK that is not here has one version. */
  readonly #versions = new Map<string, KekStatus>()

  constructor(word = 'word') {
    this.#word = word
  }

  prepare(): Promise<void> {
    return this.check()
  }

  wrap(kek: Kek, items: readonly WrapItem[]): Promise<KeyOutcome[]> {
    return this.#answer('wrap', kek, items, (item) => this.#wrap(kek, item))
  }

  unwrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    return this.#answer('unwrap', kek, items, (item) => this.#unwrap(kek, item))
  }

  async rotate(kek: Kek): Promise<KekStatus> {
    await this.check()
    const { newest, oldest } = this.#statusOf(kek)
    this.#versions.set(kekName(kek), { newest: newest + 1, oldest, newestCreatedAt: new Date(this.now()) })
    return this.#statusOf(kek)
  }

  rewrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    return this.#answer('rewrap', kek, items, (item) =>
      this.#wrap(kek, { context: item.context, key: this.#unwrap(kek, item) }),
    )
  }

  async status(kek: Kek): Promise<KekStatus> {
    await this.check()
    return this.#statusOf(kek)
  }

  versionOf(wrapped: Buffer): number | undefined {
    return wrapped.length === wrappedLength ? wrapped.readUInt32BE() || undefined : undefined
  }

  async trim(kek: Kek, oldest: number): Promise<void> {
    await this.check()
    const status = this.#statusOf(kek)
    if (oldest > status.newest) throw new TypeError('A trim leaves the newest version at least.')
    this.#versions.set(kekName(kek), { ...status, oldest: Math.max(oldest, status.oldest) })
  }

  check(): Promise<void> {
    return this.unreachable ? Promise.reject(new GatewayError('KEY_UNAVAILABLE')) : Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async #answer<Item extends WrapItem | UnwrapItem>(
    operation: KeyProviderCall['operation'],
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

  #wrap(kek: Kek, { key, context }: WrapItem): Buffer {
    const version = Buffer.alloc(4)
    version.writeUInt32BE(this.#statusOf(kek).newest)
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#kek(kek, version), nonce).setAAD(context)
    return Buffer.concat([version, nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()])
  }

  #unwrap(kek: Kek, { wrapped, context }: UnwrapItem): Buffer {
    const version = wrapped.subarray(0, 4)
    const { newest, oldest } = this.#statusOf(kek)
    if (version.readUInt32BE() < oldest || version.readUInt32BE() > newest) throw new Error('no such version')
    const decipher = createDecipheriv('aes-256-gcm', this.#kek(kek, version), wrapped.subarray(4, 16))
    decipher.setAAD(context).setAuthTag(wrapped.subarray(-16))
    const key = Buffer.allocUnsafeSlow(32)
    decipher.update(wrapped.subarray(16, -16)).copy(key)
    decipher.final()
    return key
  }

  #kek(kek: Kek, version: Buffer): Buffer {
    return createHash('sha256')
      .update(`${this.#word}/${kekName(kek)}/`)
      .update(version)
      .digest()
  }

  #statusOf(kek: Kek): KekStatus {
    return this.#versions.get(kekName(kek)) ?? { newest: 1, oldest: 1, newestCreatedAt: undefined }
  }
}

/** Version, nonce, key, tag. */
const wrappedLength = 4 + 12 + 32 + 16

function kekName({ keyType, purpose }: Kek): string {
  return `${keyType}/${purpose}`
}
