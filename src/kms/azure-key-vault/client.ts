import { createHash, type KeyObject } from 'node:crypto'

import type { TokenCredential } from '@azure/identity'
import type { CryptographyClient, KeyClient, KeyVaultKey } from '@azure/keyvault-keys'

import type { Kek } from '../../crypto/key-provider.ts'
import { GatewayError } from '../../errors.ts'
import type { KeyService, KeyUse } from '../intermediate/key-service.ts'
import { keyNameOf } from '../key-name.ts'
import { loadSdk } from '../load-sdk.ts'
import type { AzureKeyVaultSettings } from './options.ts'
import { importPublicKey, isSigned, packSignedKey, signedBytes, unpackSignedKey } from './signed-key.ts'

const wrapping = 'RSA-OAEP-256'
const signing = 'PS256'
const neededOperations = ['wrapKey', 'unwrapKey', 'sign']

interface Opened {
  readonly keys: KeyClient
  readonly cryptographyOf: (name: string, version: string) => CryptographyClient
}

/** The official SDKs, which log in, repeat once what failed in transit, and speak to Key Vault and Managed HSM. */
export class AzureKeyVaultClient implements KeyService {
  readonly name = 'azure-key-vault'
  readonly capabilities = { batch: false, context: false, serverRewrap: false, versions: true } as const
  readonly #settings: AzureKeyVaultSettings
  readonly #credential: TokenCredential | undefined
  /** By name and version: a version of a key never changes. */
  readonly #publicKeys = new Map<string, KeyObject>()
  #opened: Promise<Opened> | undefined

  constructor(settings: AzureKeyVaultSettings, credential: TokenCredential | undefined) {
    this.#settings = settings
    this.#credential = credential
  }

  async prepare(kek: Kek): Promise<void> {
    const name = this.#nameOf(kek)
    const key = await this.#getKey(name).catch((error: unknown) => {
      if (!(error instanceof GatewayError) || error.cause !== 'KeyNotFound') throw error
      const ops = neededOperations.join(' ')
      throw invalid(
        `Azure Key Vault has no key ${name}. Make it: az keyvault key create --vault-name VAULT --name ${name} --kty RSA --size 3072 --ops ${ops}`,
      )
    })
    if (key.properties.enabled === false) throw unavailable(`The key ${name} of Azure Key Vault is disabled.`)
    if (key.keyType !== 'RSA' && key.keyType !== 'RSA-HSM')
      throw unfit(name, 'its type must be RSA or RSA-HSM')
    const missing = neededOperations.filter((operation) => key.keyOperations?.includes(operation) !== true)
    if (missing.length > 0) throw unfit(name, `its operations lack ${missing.join(', ')}`)
  }

  async wrap(use: KeyUse, key: Buffer): Promise<Buffer> {
    const name = this.#nameOf(use)
    const { version: keyVersion } = (await this.#getKey(name)).properties
    if (keyVersion === undefined) throw unavailable('Azure Key Vault answered a key without its version.')
    const { result } = await this.#call('wrap', name, ({ cryptographyOf }, options) =>
      cryptographyOf(name, keyVersion).wrapKey(wrapping, key, options),
    )
    const ciphertext = Buffer.from(result)
    const digest = createHash('sha256').update(signedBytes(use, { keyVersion, ciphertext })).digest()
    const { result: signature } = await this.#call('sign', name, ({ cryptographyOf }, options) =>
      cryptographyOf(name, keyVersion).sign(signing, digest, options),
    )
    return packSignedKey({ keyVersion, ciphertext, signature: Buffer.from(signature) })
  }

  async unwrap(use: KeyUse, wrapped: Buffer): Promise<Buffer | undefined> {
    const name = this.#nameOf(use)
    const signed = unpackSignedKey(wrapped)
    if (signed === undefined) return undefined
    try {
      const publicKey = await this.#publicKeyOf(name, signed.keyVersion)
      if (!isSigned(publicKey, use, signed)) return undefined
      const { result } = await this.#call('unwrap', name, ({ cryptographyOf }, options) =>
        cryptographyOf(name, signed.keyVersion).unwrapKey(wrapping, signed.ciphertext, options),
      )
      const key = Buffer.allocUnsafeSlow(result.length)
      key.set(result)
      result.fill(0)
      return key
    } catch (error) {
      if (
        error instanceof GatewayError &&
        (error.cause === 'KeyNotFound' || error.cause === 'BadParameter')
      ) {
        return undefined
      }
      throw error
    }
  }

  async check(kek: Kek): Promise<void> {
    const { properties } = await this.#getKey(this.#nameOf(kek))
    if (properties.enabled === false) throw unavailable('A key of Azure Key Vault is disabled.')
  }

  close(): Promise<void> {
    this.#opened = Promise.reject(unavailable('The provider is closed.'))
    this.#opened.catch(() => undefined)
    return Promise.resolve()
  }

  #getKey(name: string, version?: string): Promise<KeyVaultKey> {
    return this.#call('get', name, ({ keys }, options) =>
      keys.getKey(name, { ...options, ...(version === undefined ? {} : { version }) }),
    )
  }

  async #publicKeyOf(name: string, version: string): Promise<KeyObject> {
    const known = this.#publicKeys.get(`${name}/${version}`)
    if (known !== undefined) return known
    const { n, e } = (await this.#getKey(name, version)).key ?? {}
    if (n === undefined || e === undefined)
      throw unavailable('Azure Key Vault answered a key without its public part.')
    const publicKey = importPublicKey({ n, e })
    this.#publicKeys.set(`${name}/${version}`, publicKey)
    return publicKey
  }

  /** @throws GatewayError `KEY_UNAVAILABLE` whose cause is Azure's error code. */
  async #call<Answer>(
    operation: string,
    name: string,
    send: (opened: Opened, options: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> {
    const opened = await this.#open()
    try {
      return await send(opened, { abortSignal: AbortSignal.timeout(this.#settings.timeoutMs) })
    } catch (error) {
      const { code, name: kind } = error as { readonly code?: unknown; readonly name?: unknown }
      const cause = typeof code === 'string' ? code : String(kind)
      const message = `Azure Key Vault did not ${operation} with ${name}: ${cause}.`
      throw new GatewayError('KEY_UNAVAILABLE', { message, cause })
    }
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#connect().catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }

  async #connect(): Promise<Opened> {
    const packages = ['@azure/keyvault-keys', '@azure/identity']
    const { KeyClient, CryptographyClient } = await loadSdk(
      this.name,
      packages,
      () => import('@azure/keyvault-keys'),
    )
    const credential = this.#credential ?? (await this.#defaultCredential(packages))
    const { vaultUrl } = this.#settings
    // Plain HTTP is accepted for this machine alone, whose name is none of Azure's.
    const local = vaultUrl.startsWith('http:')
    const options = {
      retryOptions: { maxRetries: 1, retryDelayInMs: 50, maxRetryDelayInMs: 100 },
      disableChallengeResourceVerification: local,
      allowInsecureConnection: local,
    }
    return {
      keys: new KeyClient(vaultUrl, credential, options),
      cryptographyOf: (name, version) =>
        new CryptographyClient(`${vaultUrl}/keys/${name}/${version}`, credential, options),
    }
  }

  async #defaultCredential(packages: readonly string[]): Promise<TokenCredential> {
    const { DefaultAzureCredential } = await loadSdk(this.name, packages, () => import('@azure/identity'))
    return new DefaultAzureCredential()
  }

  #nameOf(kek: Kek): string {
    return keyNameOf(this.#settings.keyPrefix, kek)
  }
}

function unavailable(message: string): GatewayError {
  return new GatewayError('KEY_UNAVAILABLE', { message })
}

function unfit(name: string, problem: string): GatewayError {
  return invalid(`The key ${name} is not fit to wrap keys: ${problem}.`)
}

function invalid(message: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message })
}
