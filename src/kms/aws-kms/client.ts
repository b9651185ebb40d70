import type * as Sdk from '@aws-sdk/client-kms'

import type { Kek } from '../../crypto/key-provider.ts'
import { GatewayError } from '../../errors.ts'
import type { KeyService, KeyUse } from '../intermediate/key-service.ts'
import { keyNameOf } from '../key-name.ts'
import { loadSdk } from '../load-sdk.ts'
import type { AwsKmsSettings } from './options.ts'

interface Opened {
  readonly sdk: typeof Sdk
  readonly client: Sdk.KMSClient
}

/** What AWS says of bytes that do not open with this key and encryption context. */
const invalidErrors: ReadonlySet<unknown> = new Set(['InvalidCiphertextException', 'IncorrectKeyException'])

/** The official SDK, which signs, repeats once what failed in transit, and finds credentials. */
export class AwsKmsClient implements KeyService {
  readonly name = 'aws-kms'
  readonly capabilities = { batch: false, context: true, serverRewrap: false, versions: true } as const
  readonly #settings: AwsKmsSettings
  #opened: Promise<Opened> | undefined

  constructor(settings: AwsKmsSettings) {
    this.#settings = settings
  }

  async prepare(kek: Kek): Promise<void> {
    const alias = this.#aliasOf(kek)
    const key = await this.#describe(alias)
    if (key.KeyState !== 'Enabled')
      throw unavailable(`The key ${alias} of AWS KMS is ${String(key.KeyState)}.`)
    if (key.KeySpec === 'SYMMETRIC_DEFAULT' && key.KeyUsage === 'ENCRYPT_DECRYPT') return
    throw invalid(
      `The key ${alias} is not fit to wrap keys: it must be SYMMETRIC_DEFAULT for ENCRYPT_DECRYPT.`,
    )
  }

  async wrap(use: KeyUse, key: Buffer): Promise<Buffer> {
    const alias = this.#aliasOf(use)
    const { CiphertextBlob: wrapped } = await this.#call('Encrypt', alias, ({ sdk, client }, options) =>
      client.send(
        new sdk.EncryptCommand({ KeyId: alias, Plaintext: key, EncryptionContext: contextOf(use) }),
        options,
      ),
    )
    if (wrapped === undefined) throw unavailable('AWS KMS answered Encrypt without ciphertext.')
    return Buffer.from(wrapped)
  }

  async unwrap(use: KeyUse, wrapped: Buffer): Promise<Buffer | undefined> {
    const alias = this.#aliasOf(use)
    const input = { KeyId: alias, CiphertextBlob: wrapped, EncryptionContext: contextOf(use) }
    try {
      const { Plaintext: answered } = await this.#call('Decrypt', alias, ({ sdk, client }, options) =>
        client.send(new sdk.DecryptCommand(input), options),
      )
      if (answered === undefined) throw unavailable('AWS KMS answered Decrypt without plaintext.')
      const key = Buffer.allocUnsafeSlow(answered.length)
      key.set(answered)
      answered.fill(0)
      return key
    } catch (error) {
      if (error instanceof GatewayError && invalidErrors.has(error.cause)) return undefined
      throw error
    }
  }

  async check(kek: Kek): Promise<void> {
    const { KeyState } = await this.#describe(this.#aliasOf(kek))
    if (KeyState !== 'Enabled') throw unavailable(`A key of AWS KMS is ${String(KeyState)}.`)
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined)
    opened?.client.destroy()
  }

  async #describe(alias: string): Promise<Sdk.KeyMetadata> {
    try {
      const { KeyMetadata } = await this.#call('DescribeKey', alias, ({ sdk, client }, options) =>
        client.send(new sdk.DescribeKeyCommand({ KeyId: alias }), options),
      )
      if (KeyMetadata === undefined) throw unavailable('AWS KMS answered DescribeKey without a key.')
      return KeyMetadata
    } catch (error) {
      if (!(error instanceof GatewayError) || error.cause !== 'NotFoundException') throw error
      throw invalid(
        `AWS KMS has no key ${alias}. Make it: aws kms create-key; aws kms create-alias --alias-name ${alias} --target-key-id ID`,
      )
    }
  }

  /** @throws GatewayError `KEY_UNAVAILABLE` whose cause is the name of AWS's error. */
  async #call<Answer>(
    operation: string,
    alias: string,
    send: (opened: Opened, options: { readonly abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> {
    const opened = await this.#open()
    try {
      return await send(opened, { abortSignal: AbortSignal.timeout(this.#settings.timeoutMs) })
    } catch (error) {
      const cause = error instanceof Error ? error.name : 'unknown'
      const message = `AWS KMS did not ${operation} with ${alias}: ${cause}.`
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
    const packages = ['@aws-sdk/client-kms']
    const sdk = await loadSdk(this.name, packages, () => import('@aws-sdk/client-kms'))
    const { region, endpoint, timeoutMs } = this.#settings
    const client = new sdk.KMSClient({
      region,
      ...(endpoint === undefined ? {} : { endpoint }),
      maxAttempts: 2,
      requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs },
    })
    return { sdk, client }
  }

  #aliasOf(kek: Kek): string {
    return `alias/${keyNameOf(this.#settings.keyPrefix, kek)}`
  }
}

/** Bound into the ciphertext by AWS, readable in CloudTrail, and there for the conditions of policies. */
function contextOf({ tenant, keyType, purpose, version }: KeyUse): Record<string, string> {
  return {
    'sealgate-type': keyType,
    'sealgate-purpose': purpose,
    'sealgate-version': String(version),
    ...(tenant === '' ? {} : { 'sealgate-tenant': tenant }),
  }
}

function unavailable(message: string): GatewayError {
  return new GatewayError('KEY_UNAVAILABLE', { message })
}

function invalid(message: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message })
}
