import type { KeyProvider } from '../../crypto/key-provider.ts'
import type { AzureKeyVaultOptions } from './options.ts'
export function createAzureKeyVaultProvider(_options: AzureKeyVaultOptions): KeyProvider {
  throw new Error('later')
}
