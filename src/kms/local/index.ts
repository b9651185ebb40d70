import type {
  Kek,
  KekStatus,
  KeyOutcome,
  KeyProvider,
  UnwrapItem,
  WrapItem,
} from '../../crypto/key-provider.ts'
import { GatewayError } from '../../errors.ts'
import { assertOldest, assertUnwrapItems, assertWrapItems, dataKeyLength } from '../assert-items.ts'
import { kekNameOf } from '../kek-name.ts'
import { type KekVersion, KekVersions } from './kek-versions.ts'
import type { Keyring } from './keyring.ts'
import { openKeyring } from './open-keyring.ts'
import type { LocalOptions } from './options.ts'
import { openBytes, sealBytes, sealOverhead } from '../seal.ts'

// A wrapped key: format version, KEK version (32 bits), nonce, ciphertext, tag. The context follows the first five bytes
// in the AAD; their fixed length keeps the two apart.
const formatVersion = 1
const headerLength = 5
const wrappedLength = headerLength + sealOverhead + dataKeyLength

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
  readonly capabilities = { batch: true, context: true, serverRewrap: false, versions: true } as const
  readonly #options: LocalOptions
  readonly #keks = new Map<string, KekVersions>()
  #keyring: Promise<Keyring> | undefined

  constructor(options: LocalOptions) {
    this.#options = options
  }

  async prepare(keks: readonly Kek[]): Promise<void> {
    const keyring = await this.#openKeyring()
    for (const kek of keks) {
      if (this.#keks.has(kekNameOf(kek))) continue
      const versions = await KekVersions.open(keyring, kek)
      if (this.#keks.has(kekNameOf(kek))) versions.close()
      else this.#keks.set(kekNameOf(kek), versions)
    }
    await keyring.sync()
  }

  async wrap(kek: Kek, items: readonly WrapItem[]): Promise<KeyOutcome[]> {
    const versions = this.#versionsOf(kek)
    assertWrapItems(items)
    await versions.refresh()
    const newest = newestOf(versions)
    return items.map(({ context, key }) => ({ ok: true, bytes: wrapKey(newest, context, key) }))
  }

  async unwrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    const versions = this.#versionsOf(kek)
    assertUnwrapItems(items)
    await versions.refreshAll(versionsIn(items))
    if (versions.isClosed) throw notPrepared()
    return items.map((item) => {
      const key = unwrapKey(versions, item)
      return key === undefined ? invalid : { ok: true, bytes: key }
    })
  }

  async rotate(kek: Kek): Promise<KekStatus> {
    const versions = this.#versionsOf(kek)
    await versions.rotate()
    return versions.status()
  }

  async rewrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    const versions = this.#versionsOf(kek)
    assertUnwrapItems(items)
    await versions.refresh()
    await versions.refreshAll(versionsIn(items))
    const newest = newestOf(versions)
    return items.map((item) => {
      const key = unwrapKey(versions, item)
      if (key === undefined) return invalid
      const bytes = wrapKey(newest, item.context, key)
      key.fill(0)
      return { ok: true, bytes }
    })
  }

  async status(kek: Kek): Promise<KekStatus> {
    return this.#versionsOf(kek).status()
  }

  versionOf(wrapped: Buffer): number | undefined {
    return versionOf(wrapped)
  }

  async trim(kek: Kek, oldest: number): Promise<void> {
    const versions = this.#versionsOf(kek)
    assertOldest(oldest, await versions.status())
    await versions.trim(oldest)
  }

  async check(): Promise<void> {
    if (this.#keks.size === 0) throw notPrepared()
    await this.#openKeyring()
  }

  async close(): Promise<void> {
    for (const versions of this.#keks.values()) versions.close()
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

  #versionsOf(kek: Kek): KekVersions {
    const versions = this.#keks.get(kekNameOf(kek))
    if (versions === undefined) throw notPrepared()
    return versions
  }
}

const invalid: KeyOutcome = { ok: false, reason: 'INVALID' }

/** @throws when the provider was closed meanwhile */
function newestOf(versions: KekVersions): KekVersion {
  const newest = versions.newest()
  if (newest === undefined) throw notPrepared()
  return newest
}

function headerOf(version: number): Buffer {
  const header = Buffer.alloc(headerLength, formatVersion)
  header.writeUInt32BE(version, 1)
  return header
}

function wrapKey({ version, bytes }: KekVersion, context: Buffer, key: Buffer): Buffer {
  const header = headerOf(version)
  return Buffer.concat([header, sealBytes(bytes, Buffer.concat([header, context]), key)])
}

function unwrapKey(versions: KekVersions, { context, wrapped }: UnwrapItem): Buffer | undefined {
  const version = versionOf(wrapped)
  const kek = version === undefined ? undefined : versions.bytesOf(version)
  if (kek === undefined) return undefined
  const aad = Buffer.concat([wrapped.subarray(0, headerLength), context])
  return openBytes(kek, aad, wrapped.subarray(headerLength))
}

function versionOf(wrapped: Buffer): number | undefined {
  if (wrapped.length !== wrappedLength || wrapped[0] !== formatVersion) return undefined
  return wrapped.readUInt32BE(1) || undefined
}

function versionsIn(items: readonly UnwrapItem[]): Set<number> {
  return new Set(items.flatMap(({ wrapped }) => versionOf(wrapped) ?? []))
}

function notPrepared(): GatewayError {
  return new GatewayError('KEY_UNAVAILABLE', {
    message: 'The local provider is closed, or was not prepared for this key.',
  })
}
