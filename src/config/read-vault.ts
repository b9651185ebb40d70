import type { VaultOptions } from '../kms/index.ts'
import { type EnvironmentReader, invalid } from './read-environment.ts'

/** Vault by the variables that Vault's own tools read, and a few of ours. */
export function readVault(read: EnvironmentReader, production: boolean): VaultOptions {
  const address = read.text('VAULT_ADDR')
  if (address === undefined) throw invalid('VAULT_ADDR', 'is needed')
  if (production && read.text('VAULT_SKIP_VERIFY') !== undefined) {
    throw invalid('VAULT_SKIP_VERIFY', 'must not be set: certificates are always verified')
  }
  const caCertificate = read.fileText('VAULT_CACERT')
  const namespace = read.text('VAULT_NAMESPACE')
  const mountPath = read.text('SEALGATE_VAULT_MOUNT')
  const keyPrefix = read.text('SEALGATE_VAULT_PREFIX')
  return {
    provider: 'vault',
    address,
    auth: readAuth(read),
    allowPlainHttp: read.choice('SEALGATE_VAULT_PLAIN_HTTP', ['allow', 'refuse']) === 'allow',
    ...(caCertificate === undefined ? {} : { caCertificate }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(mountPath === undefined ? {} : { mountPath }),
    ...(keyPrefix === undefined ? {} : { keyPrefix }),
  }
}

function readAuth(read: EnvironmentReader): VaultOptions['auth'] {
  const mountPath = read.text('SEALGATE_VAULT_AUTH_MOUNT')
  const mounted = mountPath === undefined ? {} : { mountPath }
  const role = read.text('VAULT_KUBERNETES_ROLE')
  if (role !== undefined) {
    const jwt = credentialFile(read, 'VAULT_KUBERNETES_TOKEN_FILE')
    return { method: 'kubernetes', role, ...(jwt === undefined ? {} : { jwt }), ...mounted }
  }
  const roleId = read.text('VAULT_ROLE_ID') ?? credentialFile(read, 'VAULT_ROLE_ID_FILE')
  const secretId = read.text('VAULT_SECRET_ID') ?? credentialFile(read, 'VAULT_SECRET_ID_FILE')
  if (roleId !== undefined && secretId !== undefined) {
    return { method: 'approle', roleId, secretId, ...mounted }
  }
  const token = read.text('VAULT_TOKEN') ?? credentialFile(read, 'VAULT_TOKEN_FILE')
  if (token !== undefined) return { method: 'token', token }
  throw invalid(
    'VAULT_ROLE_ID',
    'and VAULT_SECRET_ID, or VAULT_KUBERNETES_ROLE, or VAULT_TOKEN, are needed to log in to Vault',
  )
}

function credentialFile(read: EnvironmentReader, name: string): { file: string } | undefined {
  const file = read.text(name)
  return file === undefined ? undefined : { file }
}
