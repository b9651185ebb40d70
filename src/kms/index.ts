import type { IntermediateKeyStore } from '../crypto/intermediate-key-store.ts'
import type { KeyProvider } from '../crypto/key-provider.ts'
import { createAwsKmsProvider } from './aws-kms/index.ts'
import type { AwsKmsOptions } from './aws-kms/options.ts'
import { createAzureKeyVaultProvider } from './azure-key-vault/index.ts'
import type { AzureKeyVaultOptions } from './azure-key-vault/options.ts'
import { createGcpKmsProvider } from './gcp-kms/index.ts'
import type { GcpKmsOptions } from './gcp-kms/options.ts'
import { createLocalKeyProvider } from './local/index.ts'
import type { LocalOptions } from './local/options.ts'
import { createVaultKeyProvider } from './vault/index.ts'
import type { VaultOptions } from './vault/options.ts'

export type { AwsKmsOptions } from './aws-kms/options.ts'
export type { AzureKeyVaultOptions } from './azure-key-vault/options.ts'
export type { GcpKmsOptions } from './gcp-kms/options.ts'
export type { LocalOptions } from './local/options.ts'
export type { VaultOptions } from './vault/options.ts'

/** Providers that wrap many keys, each under its own context, in one request. */
export type BatchingOptions = LocalOptions | VaultOptions
/** Providers over a key service that wraps one key at a time: they keep intermediate keys. */
export type CloudOptions = AwsKmsOptions | AzureKeyVaultOptions | GcpKmsOptions

export type KeyProviderOptions = BatchingOptions | CloudOptions

/** One row per provider. A new one is a folder beside this file, a member of a union and a row. */
const factories = {
  local: createLocalKeyProvider,
  vault: createVaultKeyProvider,
  'aws-kms': createAwsKmsProvider,
  'azure-key-vault': createAzureKeyVaultProvider,
  'gcp-kms': createGcpKmsProvider,
} satisfies {
  readonly [P in KeyProviderOptions['provider']]: (
    options: OptionsOf<P>,
    store: IntermediateKeyStore,
  ) => KeyProvider
}

type OptionsOf<P> = Extract<KeyProviderOptions, { readonly provider: P }>

/**
 * Makes the provider that the options name. Nothing is read, written or asked before its `prepare`.
 *
 * @param store - where intermediate keys are kept; not needed by providers that have none.
 * @throws GatewayError `CONFIGURATION_INVALID` when an option is wrong.
 */
export function createKeyProvider(options: BatchingOptions): KeyProvider
export function createKeyProvider(options: KeyProviderOptions, store: IntermediateKeyStore): KeyProvider
export function createKeyProvider(options: KeyProviderOptions, store?: IntermediateKeyStore): KeyProvider {
  const create = factories[options.provider] as (
    options: KeyProviderOptions,
    store: IntermediateKeyStore | undefined,
  ) => KeyProvider
  return create(options, store)
}
