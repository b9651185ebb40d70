import type { TokenCredential } from '@azure/identity'

import type { IntermediateKeyStore } from '../../crypto/intermediate-key-store.ts'
import type { KeyProvider } from '../../crypto/key-provider.ts'
import { IntermediateKeyProvider } from '../intermediate/provider.ts'
import { AzureKeyVaultClient } from './client.ts'
import { type AzureKeyVaultOptions, parseAzureKeyVaultOptions } from './options.ts'

/**
 * Wraps data keys under intermediate keys that Azure Key Vault wraps, each bound to its use by a signature of the same key.
 *
 * @param credential - in the place of Azure's default one.
 * @throws GatewayError `CONFIGURATION_INVALID` when an option is wrong. Azure is asked nothing before `prepare`.
 */
export function createAzureKeyVaultProvider(
  options: AzureKeyVaultOptions,
  store: IntermediateKeyStore,
  credential?: TokenCredential,
): KeyProvider {
  const client = new AzureKeyVaultClient(parseAzureKeyVaultOptions(options), credential)
  return new IntermediateKeyProvider(client, store)
}
