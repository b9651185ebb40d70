import type { KeyManagementServiceClient } from '@google-cloud/kms'

import type { Kek } from '../../crypto/key-provider.ts'
import { lengthPrefixed } from '../../crypto/length-prefixed.ts'
import { GatewayError } from '../../errors.ts'
import type { KeyService, KeyUse } from '../intermediate/key-service.ts'
import { keyNameOf } from '../key-name.ts'
import { loadSdk } from '../load-sdk.ts'
import { crc32c } from './crc32c.ts'
import type { GcpKmsSettings } from './options.ts'

type ClientOptions = NonNullable<ConstructorParameters<typeof KeyManagementServiceClient>[0]>

/** How the SDK's channel is made, where it is not the default one. */
export type GcpChannel = Pick<ClientOptions, 'sslCreds'>

/** Status codes of gRPC that are judged here. */
const invalidArgument = 3
const notFound = 5
const serviceUnavailable = 14

/** The official SDK, over gRPC: it finds credentials and repeats what failed in transit. */
export class GcpKmsClient implements KeyService {
  readonly name = 'gcp-kms'
  readonly capabilities = { batch: false, context: true, serverRewrap: false, versions: true } as const
  readonly #settings: GcpKmsSettings
  readonly #channel: GcpChannel
  #client: Promise<KeyManagementServiceClient> | undefined

  constructor(settings: GcpKmsSettings, channel: GcpChannel = {}) {
    this.#settings = settings
    this.#channel = channel
  }

  async prepare(kek: Kek): Promise<void> {
    const name = this.#nameOf(kek)
    const { purpose, state } = await this.#getKey(name).catch((error: unknown) => {
      if (!(error instanceof GatewayError) || error.cause !== notFound) throw error
      const key = keyNameOf(this.#settings.keyPrefix, kek)
      throw invalid(
        `Google KMS has no key ${name}. Make it: gcloud kms keys create ${key} --purpose encryption --keyring RING --location LOCATION`,
      )
    })
    if (purpose !== 'ENCRYPT_DECRYPT') {
      throw invalid(`The key ${name} is not fit to wrap keys: its purpose must be ENCRYPT_DECRYPT.`)
    }
    if (state !== 'ENABLED') throw unavailable(`The primary version of ${name} is ${state}.`)
  }

  async wrap(use: KeyUse, key: Buffer): Promise<Buffer> {
    const name = this.#nameOf(use)
    const additionalAuthenticatedData = associatedData(use)
    const answer = await this.#call('encrypt', name, async (client, options) => {
      const request = {
        name,
        plaintext: key,
        plaintextCrc32c: { value: crc32c(key) },
        additionalAuthenticatedData,
        additionalAuthenticatedDataCrc32c: { value: crc32c(additionalAuthenticatedData) },
      }
      return (await client.encrypt(request, options))[0]
    })
    const wrapped = bytesOf(answer.ciphertext)
    const verified = answer.verifiedPlaintextCrc32c && answer.verifiedAdditionalAuthenticatedDataCrc32c
    if (verified !== true || !matches(wrapped, answer.ciphertextCrc32c)) {
      throw unavailable('What Google KMS encrypted or answered was changed on its way.')
    }
    return wrapped
  }

  async unwrap(use: KeyUse, wrapped: Buffer): Promise<Buffer | undefined> {
    const name = this.#nameOf(use)
    const additionalAuthenticatedData = associatedData(use)
    try {
      const answer = await this.#call('decrypt', name, async (client, options) => {
        const request = {
          name,
          ciphertext: wrapped,
          ciphertextCrc32c: { value: crc32c(wrapped) },
          additionalAuthenticatedData,
          additionalAuthenticatedDataCrc32c: { value: crc32c(additionalAuthenticatedData) },
        }
        return (await client.decrypt(request, options))[0]
      })
      const answered = bytesOf(answer.plaintext)
      const key = Buffer.allocUnsafeSlow(answered.length)
      key.set(answered)
      answered.fill(0)
      if (matches(key, answer.plaintextCrc32c)) return key
      key.fill(0)
      throw unavailable('What Google KMS answered was changed on its way.')
    } catch (error) {
      if (error instanceof GatewayError && error.cause === invalidArgument) return undefined
      throw error
    }
  }

  async check(kek: Kek): Promise<void> {
    const { state } = await this.#getKey(this.#nameOf(kek))
    if (state !== 'ENABLED') throw unavailable(`The primary version of a key of Google KMS is ${state}.`)
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined)
    await client?.close()
  }

  async #getKey(name: string): Promise<{ readonly purpose: string; readonly state: string }> {
    const key = await this.#call('get', name, async (client, options) => {
      return (await client.getCryptoKey({ name }, options))[0]
    })
    return { purpose: String(key.purpose), state: String(key.primary?.state) }
  }

  /** @throws GatewayError `KEY_UNAVAILABLE` whose cause is the status code of gRPC. */
  async #call<Answer>(
    operation: string,
    name: string,
    send: (client: KeyManagementServiceClient, options: object) => Promise<Answer>,
  ): Promise<Answer> {
    const client = await this.#open()
    const { timeoutMs } = this.#settings
    try {
      return await send(client, { timeout: timeoutMs, retry: repeatWithin(timeoutMs) })
    } catch (error) {
      const { code } = error as { readonly code?: unknown }
      const status = typeof code === 'number' ? `status ${code}` : 'no answer'
      const message = `Google KMS did not ${operation} with ${name}: ${status}.`
      throw new GatewayError('KEY_UNAVAILABLE', { message, cause: code })
    }
  }

  #open(): Promise<KeyManagementServiceClient> {
    this.#client ??= this.#connect().catch((error: unknown) => {
      this.#client = undefined
      throw error
    })
    return this.#client
  }

  async #connect(): Promise<KeyManagementServiceClient> {
    const sdk = await loadSdk(this.name, ['@google-cloud/kms'], () => import('@google-cloud/kms'))
    const { endpoint } = this.#settings
    const address = endpoint === undefined ? undefined : new URL(endpoint)
    return new sdk.KeyManagementServiceClient({
      ...this.#channel,
      ...(address === undefined ? {} : { apiEndpoint: address.hostname, port: Number(address.port) || 443 }),
    })
  }

  #nameOf(kek: Kek): string {
    return `${this.#settings.keyRing}/cryptoKeys/${keyNameOf(this.#settings.keyPrefix, kek)}`
  }
}

/** Bound into the ciphertext by Google. */
function associatedData({ tenant, keyType, purpose, version }: KeyUse): Buffer {
  return lengthPrefixed(['sealgate/gcp-kms/v1', tenant, keyType, purpose, String(version)])
}

function repeatWithin(timeoutMs: number): object {
  const backoffSettings = {
    initialRetryDelayMillis: 50,
    retryDelayMultiplier: 2,
    maxRetryDelayMillis: 200,
    initialRpcTimeoutMillis: timeoutMs,
    rpcTimeoutMultiplier: 1,
    maxRpcTimeoutMillis: timeoutMs,
    totalTimeoutMillis: timeoutMs,
  }
  return { retryCodes: [serviceUnavailable], backoffSettings }
}

function bytesOf(answered: Uint8Array | string | null | undefined): Buffer {
  if (!(answered instanceof Uint8Array)) throw unavailable('Google KMS answered without bytes.')
  return Buffer.from(answered.buffer, answered.byteOffset, answered.byteLength)
}

function matches(bytes: Buffer, crc: { readonly value?: unknown } | null | undefined): boolean {
  return Number(crc?.value) === crc32c(bytes)
}

function unavailable(message: string): GatewayError {
  return new GatewayError('KEY_UNAVAILABLE', { message })
}

function invalid(message: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message })
}
