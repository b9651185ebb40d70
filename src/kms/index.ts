import type { KeyProvider } from '../crypto/key-provider.ts'
import { createLocalKeyProvider } from './local/index.ts'
import type { LocalOptions } from './local/options.ts'
import { createVaultKeyProvider } from './vault/index.ts'
import type { VaultOptions } from './vault/options.ts'

export type { LocalOptions } from './local/options.ts'
export type { VaultOptions } from './vault/options.ts'

export type KeyProviderOptions = LocalOptions | VaultOptions

/** One row per provider. A new one is a folder beside this file, a member of the union and a row. */
const factories = {
  local: createLocalKeyProvider,
  vault: createVaultKeyProvider,
} satisfies {
  readonly [P in KeyProviderOptions['provider']]: (options: OptionsOf<P>) => KeyProvider
}

type OptionsOf<P> = Extract<KeyProviderOptions, { readonly provider: P }>

/**
 * Makes the provider that the options name. Nothing is read, written or asked before its `prepare`.
 *
 * @throws GatewayError `CONFIGURATION_INVALID` when an option is wrong.
 */
export function createKeyProvider(options: KeyProviderOptions): KeyProvider {
  const create = factories[options.provider] as (options: KeyProviderOptions) => KeyProvider
  return create(options)
}
