import type { AzureKeyVaultOptions } from '../kms/index.ts'
import { type EnvironmentReader, invalid } from './read-environment.ts'

/** Azure Key Vault; credentials are read by Azure's own SDK, from where it always looks for them. */
export function readAzureKeyVault(read: EnvironmentReader): AzureKeyVaultOptions {
  const vaultUrl = read.text('SEALGATE_AZURE_VAULT_URL')
  if (vaultUrl === undefined) {
    throw invalid('SEALGATE_AZURE_VAULT_URL', 'is needed with SEALGATE_KEYS=azure-key-vault')
  }
  const keyPrefix = read.text('SEALGATE_KEY_PREFIX')
  return { provider: 'azure-key-vault', vaultUrl, ...(keyPrefix === undefined ? {} : { keyPrefix }) }
}
