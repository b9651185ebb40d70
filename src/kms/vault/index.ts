import type {
  Kek,
  KekStatus,
  KeyOutcome,
  KeyProvider,
  UnwrapItem,
  WrapItem,
} from '../../crypto/key-provider.ts'
import { GatewayError } from '../../errors.ts'
import { assertOldest, assertUnwrapItems, assertWrapItems } from '../assert-items.ts'
import { keyNameOf } from '../key-name.ts'
import { wrappedVersion } from './batch.ts'
import { VaultClient } from './client.ts'
import { readKekStatus, rotateKey, trimKey } from './key-versions.ts'
import { prepareKey } from './keys.ts'
import { parseVaultOptions } from './options.ts'
import type { VaultOptions, VaultSettings } from './options.ts'
import { VaultSession } from './session.ts'
import { Transit } from './transit.ts'

/**
 * Wraps data keys in Vault's transit engine, under derived keys that never leave it.
 *
 * @throws GatewayError `CONFIGURATION_INVALID` when an option is wrong. Vault is asked nothing before `prepare`.
 */
export function createVaultKeyProvider(options: VaultOptions): KeyProvider {
  return new VaultKeyProvider(parseVaultOptions(options))
}

interface Connection {
  readonly client: VaultClient
  readonly session: VaultSession
  readonly transit: Transit
}

class VaultKeyProvider implements KeyProvider {
  readonly name = 'vault'
  readonly capabilities = { batch: true, context: true, serverRewrap: true, versions: true } as const
  readonly #settings: VaultSettings
  readonly #prepared = new Set<string>()
  #connection: Promise<Connection> | undefined
  #closed = false

  constructor(settings: VaultSettings) {
    this.#settings = settings
  }

  async prepare(keks: readonly Kek[]): Promise<void> {
    const { session } = await this.#connect()
    for (const kek of keks) {
      const keyName = keyNameOf(this.#settings.keyPrefix, kek)
      await prepareKey(session, this.#settings.mountPath, keyName)
      this.#prepared.add(keyName)
    }
  }

  async wrap(kek: Kek, items: readonly WrapItem[]): Promise<KeyOutcome[]> {
    const keyName = this.#preparedName(kek)
    assertWrapItems(items)
    const { transit } = await this.#connect()
    return transit.encrypt(keyName, items)
  }

  async unwrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    const keyName = this.#preparedName(kek)
    assertUnwrapItems(items)
    const { transit } = await this.#connect()
    return transit.decrypt(keyName, items)
  }

  async rotate(kek: Kek): Promise<KekStatus> {
    const keyName = this.#preparedName(kek)
    const { session } = await this.#connect()
    await rotateKey(session, this.#settings.mountPath, keyName)
    return readKekStatus(session, this.#settings.mountPath, keyName)
  }

  async rewrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    const keyName = this.#preparedName(kek)
    assertUnwrapItems(items)
    const { transit } = await this.#connect()
    return transit.rewrap(keyName, items)
  }

  async status(kek: Kek): Promise<KekStatus> {
    const keyName = this.#preparedName(kek)
    const { session } = await this.#connect()
    return readKekStatus(session, this.#settings.mountPath, keyName)
  }

  versionOf(wrapped: Buffer): number | undefined {
    return wrappedVersion(wrapped)
  }

  async trim(kek: Kek, oldest: number): Promise<void> {
    const keyName = this.#preparedName(kek)
    const { session } = await this.#connect()
    const { mountPath } = this.#settings
    const status = await readKekStatus(session, mountPath, keyName)
    assertOldest(oldest, status)
    await trimKey(session, mountPath, keyName, Math.max(oldest, status.oldest))
  }

  /** Vault must be unsealed, the token alive, and allowed to use one of the prepared keys at least. */
  async check(): Promise<void> {
    const { session } = await this.#connect()
    const paths = [...this.#prepared].flatMap((keyName) =>
      ['encrypt', 'decrypt'].map((use) => `${this.#settings.mountPath}/${use}/${keyName}`),
    )
    if (paths.length === 0) throw notPrepared()
    const { status, data } = await session.request('POST', 'sys/capabilities-self', { paths })
    if (status !== 200) throw unavailable(`Vault answered ${status} to a check of this token's rights.`)
    const rights = (data ?? {}) as Readonly<Record<string, readonly string[] | undefined>>
    const usable = paths.some((path) => rights[path]?.some((right) => right === 'update' || right === 'root'))
    if (!usable) throw unavailable(`Vault's policy lets this token use none of the prepared keys.`)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#prepared.clear()
    const connection = await this.#connection
    connection?.session.close()
    await connection?.client.close()
  }

  #connect(): Promise<Connection> {
    if (this.#closed) return Promise.reject(notPrepared())
    this.#connection ??= this.#openConnection()
    return this.#connection
  }

  async #openConnection(): Promise<Connection> {
    const client = await VaultClient.open(this.#settings)
    const session = await VaultSession.open(client, this.#settings.auth)
    return { client, session, transit: new Transit(client, session, this.#settings.mountPath) }
  }

  /** Only these may be used: a token with the right to create would make a key by encrypting with it. */
  #preparedName(kek: Kek): string {
    const keyName = keyNameOf(this.#settings.keyPrefix, kek)
    if (!this.#prepared.has(keyName)) throw notPrepared()
    return keyName
  }
}

function notPrepared(): GatewayError {
  return unavailable('The Vault provider is closed, or was not prepared for this key.')
}

function unavailable(message: string): GatewayError {
  return new GatewayError('KEY_UNAVAILABLE', { message })
}
