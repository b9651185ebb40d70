import type { KeyProvider } from '../crypto/key-provider.ts'
import { createLocalKeyProvider } from './local/index.ts'
import type { LocalOptions } from './local/options.ts'

export type KeyProviderOptions = LocalOptions

/** One row per provider. A new one is a folder beside this file, a member of the union and a row. */
const factories = {
  local: createLocalKeyProvider,
} satisfies { readonly [P in KeyProviderOptions as P['provider']]: (options: P) => KeyProvider }

/** Makes the provider that the options name. Nothing is read, written or asked before its `prepare`. */
export function createKeyProvider(options: KeyProviderOptions): KeyProvider {
  return factories[options.provider](options)
}
