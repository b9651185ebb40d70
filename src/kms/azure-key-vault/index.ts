import type { TokenCredential } from '@azure/identity'

import type { KeyService } from '../intermediate/key-service.ts'
import { AzureKeyVaultClient } from './client.ts'
import { type AzureKeyVaultOptions, parseAzureKeyVaultOptions } from './options.ts'

/**
 * Azure Key Vault, where a signature of the wrapping key binds what it wraps to its use.
 *
 * @param credential - in the place of Azure's default one.
 * @throws GatewayError `CONFIGURATION_INVALID` when an option is wrong. Azure is asked nothing before `prepare`.
 */
export function createAzureKeyVaultService(
  options: AzureKeyVaultOptions,
  credential?: TokenCredential,
): KeyService {
  return new AzureKeyVaultClient(parseAzureKeyVaultOptions(options), credential)
}
