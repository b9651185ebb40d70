export interface AzureKeyVaultOptions {
  readonly provider: 'azure-key-vault'
}
