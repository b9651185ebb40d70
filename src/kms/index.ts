import type { IntermediateKeyStore } from '../crypto/intermediate-key-store.ts'
import type { KeyProvider } from '../crypto/key-provider.ts'
import { GatewayError } from '../errors.ts'
import { createAwsKmsService } from './aws-kms/index.ts'
import type { AwsKmsOptions } from './aws-kms/options.ts'
import { createAzureKeyVaultService } from './azure-key-vault/index.ts'
import type { AzureKeyVaultOptions } from './azure-key-vault/options.ts'
import { createGcpKmsService } from './gcp-kms/index.ts'
import type { GcpKmsOptions } from './gcp-kms/options.ts'
import type { KeyService } from './intermediate/key-service.ts'
import { IntermediateKeyProvider } from './intermediate/provider.ts'
import { createLocalKeyProvider } from './local/index.ts'
import type { LocalOptions } from './local/options.ts'
import { SucceedingKeyProvider } from './succeeding-provider.ts'
import { createVaultKeyProvider } from './vault/index.ts'
import type { VaultOptions } from './vault/options.ts'

export type { AwsKmsOptions } from './aws-kms/options.ts'
export type { AzureKeyVaultOptions } from './azure-key-vault/options.ts'
export type { GcpKmsOptions } from './gcp-kms/options.ts'
export type { LocalOptions } from './local/options.ts'
export type { VaultOptions } from './vault/options.ts'

/** Providers that wrap many keys, each under its own context, in one request. */
export type BatchProviderOptions = LocalOptions | VaultOptions
/** Services that wrap one key at a time, under which intermediate keys are kept. */
export type KeyServiceOptions = AwsKmsOptions | AzureKeyVaultOptions | GcpKmsOptions

export type KeyProviderOptions = (BatchProviderOptions | KeyServiceOptions) & {
  /** The key service that wrapped what is not yet moved. At most one of the two needs intermediate keys. */
  readonly previous?: BatchProviderOptions | KeyServiceOptions | undefined
}

type OptionsOf<P> = Extract<KeyProviderOptions, { readonly provider: P }>

/** One row per provider. A new one is a folder beside this file, a member of a union and a row in a table. */
const providers = {
  local: createLocalKeyProvider,
  vault: createVaultKeyProvider,
} satisfies { readonly [P in BatchProviderOptions['provider']]: (options: OptionsOf<P>) => KeyProvider }

const services = {
  'aws-kms': createAwsKmsService,
  'azure-key-vault': createAzureKeyVaultService,
  'gcp-kms': createGcpKmsService,
} satisfies { readonly [P in KeyServiceOptions['provider']]: (options: OptionsOf<P>) => KeyService }

/**
 * Makes the provider that the options name. Nothing is read, written or asked before its `prepare`.
 *
 * @param store - where intermediate keys are kept, for the services that need them.
 * @throws GatewayError `CONFIGURATION_INVALID` when an option is wrong.
 */
export function createKeyProvider(
  options: BatchProviderOptions & { readonly previous?: BatchProviderOptions },
): KeyProvider
export function createKeyProvider(options: KeyProviderOptions, store: IntermediateKeyStore): KeyProvider
export function createKeyProvider(
  { previous, ...options }: KeyProviderOptions,
  store?: IntermediateKeyStore,
): KeyProvider {
  const provider = createSingle(options, store)
  if (previous === undefined) return provider
  if (previous.provider === options.provider) {
    const message = `The key service and the previous one are both ${options.provider}: SEALGATE_KEYS and SEALGATE_PREVIOUS_KEYS name two.`
    throw new GatewayError('CONFIGURATION_INVALID', { message })
  }
  if (isKeyServiceOptions(previous) && isKeyServiceOptions(options)) {
    const message = `Keys do not move from ${previous.provider} to ${options.provider} at once: move them to vault or local in between.`
    throw new GatewayError('CONFIGURATION_INVALID', { message })
  }
  return new SucceedingKeyProvider(provider, createSingle(previous, store))
}

function createSingle(
  options: BatchProviderOptions | KeyServiceOptions,
  store: IntermediateKeyStore | undefined,
): KeyProvider {
  if (isKeyServiceOptions(options)) {
    if (store === undefined) throw new TypeError('A key service needs a store of intermediate keys.')
    return new IntermediateKeyProvider(createKeyService(options), store)
  }
  const create = providers[options.provider] as (options: BatchProviderOptions) => KeyProvider
  return create(options)
}

/** @throws GatewayError `CONFIGURATION_INVALID` when an option is wrong. */
export function createKeyService(options: KeyServiceOptions): KeyService {
  const create = services[options.provider] as (options: KeyServiceOptions) => KeyService
  return create(options)
}

export function isKeyServiceOptions(
  options: BatchProviderOptions | KeyServiceOptions,
): options is KeyServiceOptions {
  return Object.hasOwn(services, options.provider)
}
