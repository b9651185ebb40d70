import { GatewayError } from '../../errors.ts'
import { isKeyPrefix } from '../key-name.ts'
import { isServiceAddress } from '../service-address.ts'

/** RSA keys of an Azure Key Vault or Managed HSM. Credentials come from where every Azure SDK looks for them. */
export interface AzureKeyVaultOptions {
  readonly provider: 'azure-key-vault'
  /** Such as `https://example.vault.azure.net`. */
  readonly vaultUrl: string
  /** First part of every key's name: lower case letters and digits. Default: `sealgate`. */
  readonly keyPrefix?: string
  /** For one request and its repetition, in milliseconds. Default: 5,000. */
  readonly timeoutMs?: number
}

export interface AzureKeyVaultSettings extends AzureKeyVaultOptions {
  /** Without `/` at its end. */
  readonly vaultUrl: string
  readonly keyPrefix: string
  readonly timeoutMs: number
}

/** @throws GatewayError `CONFIGURATION_INVALID` naming the option that is wrong. */
export function parseAzureKeyVaultOptions(options: AzureKeyVaultOptions): AzureKeyVaultSettings {
  const { vaultUrl, keyPrefix = 'sealgate', timeoutMs = 5_000 } = options
  if (!isServiceAddress(vaultUrl)) throw invalid('vaultUrl', 'must be an https URL without a path')
  // Key Vault allows letters, digits and - in names.
  if (!isKeyPrefix(keyPrefix) || keyPrefix.includes('_')) {
    throw invalid('keyPrefix', 'may hold lower case letters and digits')
  }
  if (!(timeoutMs > 0)) throw invalid('timeoutMs', 'must be positive')
  return { ...options, vaultUrl: new URL(vaultUrl).origin, keyPrefix, timeoutMs }
}

function invalid(option: string, problem: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', {
    message: `Azure Key Vault option ${option} ${problem}.`,
  })
}
