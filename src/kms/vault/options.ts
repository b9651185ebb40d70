import { GatewayError } from '../../errors.ts'
import { isKeyPrefix } from '../key-name.ts'
import { isLoopback } from '../service-address.ts'

/** Keys of Vault's transit engine. Checked when the provider is made, see {@link parseVaultOptions}. */
export interface VaultOptions {
  readonly provider: 'vault'
  /** Such as `https://vault.example:8200`. Plain HTTP is accepted for this machine only, unless allowed below. */
  readonly address: string
  /** Data keys cross this network in clear: for a network that holds the gateway and Vault alone. Default: false. */
  readonly allowPlainHttp?: boolean
  readonly auth: VaultAuth
  /** Where the transit engine is mounted. Default: `transit`. */
  readonly mountPath?: string
  /** First part of every key's name: lower case letters, digits and `_`. Default: `sealgate`. */
  readonly keyPrefix?: string
  readonly namespace?: string
  /** PEM; trusted instead of the system's certificate authorities. */
  readonly caCertificate?: string
  /** For one request, in milliseconds, from connecting to the last byte of the answer. Default: 5,000. */
  readonly timeoutMs?: number
}

/** How the gateway logs in. A new method is a member here and a row in `login.ts`. */
export type VaultAuth =
  | { readonly method: 'token'; readonly token: Credential }
  | {
      readonly method: 'approle'
      readonly roleId: Credential
      readonly secretId: Credential
      /** Default: `approle`. */
      readonly mountPath?: string
    }
  | {
      readonly method: 'kubernetes'
      /** Of Vault's Kubernetes auth method: it names the service accounts that may log in, and their policies. */
      readonly role: string
      /** The service account's token. Default: the file that Kubernetes puts into every pod. */
      readonly jwt?: Credential
      /** Default: `kubernetes`. */
      readonly mountPath?: string
    }

/** A credential, or the file that holds it, read again at every login. */
export type Credential = string | { readonly file: string }

export interface VaultSettings extends Omit<VaultOptions, 'provider' | 'allowPlainHttp'> {
  readonly mountPath: string
  readonly keyPrefix: string
  readonly timeoutMs: number
}

const pathPattern = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/

/** @throws GatewayError `CONFIGURATION_INVALID` naming the option that is wrong. */
export function parseVaultOptions(options: VaultOptions): VaultSettings {
  const settings = {
    ...options,
    mountPath: options.mountPath ?? 'transit',
    keyPrefix: options.keyPrefix ?? 'sealgate',
    timeoutMs: options.timeoutMs ?? 5_000,
  }
  const url = URL.canParse(settings.address) ? new URL(settings.address) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.href !== `${url.origin}/`) {
    throw invalid('address', 'must be an http or https URL without a path')
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && options.allowPlainHttp !== true) {
    throw invalid('address', 'must be https: over plain http, keys would cross the network in clear')
  }
  if (!pathPattern.test(settings.mountPath)) throw invalid('mountPath', 'is not a mount path')
  if (!isKeyPrefix(settings.keyPrefix)) {
    throw invalid('keyPrefix', 'may hold lower case letters, digits and _')
  }
  if (settings.namespace !== undefined && !pathPattern.test(settings.namespace)) {
    throw invalid('namespace', 'is not a namespace')
  }
  if (!(settings.timeoutMs > 0)) throw invalid('timeoutMs', 'must be positive')
  const { auth } = options
  if (auth.method !== 'token' && auth.mountPath !== undefined && !pathPattern.test(auth.mountPath)) {
    throw invalid('auth.mountPath', 'is not a mount path')
  }
  return settings
}

function invalid(option: string, problem: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message: `Vault option ${option} ${problem}.` })
}
