import { GatewayError } from '../../errors.ts'
import { isKeyPrefix } from '../key-name.ts'
import { isServiceAddress } from '../service-address.ts'

/** Symmetric keys of Google Cloud KMS. Credentials come from where every Google library looks for them. */
export interface GcpKmsOptions {
  readonly provider: 'gcp-kms'
  /** `projects/PROJECT/locations/LOCATION/keyRings/RING`. */
  readonly keyRing: string
  /** Such as an endpoint of Private Service Connect. https, or http to this machine. Default: Google's. */
  readonly endpoint?: string
  /** First part of every key's name: lower case letters, digits and `_`. Default: `sealgate`. */
  readonly keyPrefix?: string
  /** For one request and its repetitions, in milliseconds. Default: 5,000. */
  readonly timeoutMs?: number
}

export interface GcpKmsSettings extends GcpKmsOptions {
  readonly keyPrefix: string
  readonly timeoutMs: number
}

/** @throws GatewayError `CONFIGURATION_INVALID` naming the option that is wrong. */
export function parseGcpKmsOptions(options: GcpKmsOptions): GcpKmsSettings {
  const settings = {
    ...options,
    keyPrefix: options.keyPrefix ?? 'sealgate',
    timeoutMs: options.timeoutMs ?? 5_000,
  }
  if (!/^projects\/[\w:.-]+\/locations\/[\w-]+\/keyRings\/[\w-]+$/.test(settings.keyRing)) {
    throw invalid('keyRing', 'must be projects/PROJECT/locations/LOCATION/keyRings/RING')
  }
  if (settings.endpoint !== undefined && !isServiceAddress(settings.endpoint)) {
    throw invalid('endpoint', 'must be an https URL without a path')
  }
  if (!isKeyPrefix(settings.keyPrefix))
    throw invalid('keyPrefix', 'may hold lower case letters, digits and _')
  if (!(settings.timeoutMs > 0)) throw invalid('timeoutMs', 'must be positive')
  return settings
}

function invalid(option: string, problem: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message: `Google KMS option ${option} ${problem}.` })
}
