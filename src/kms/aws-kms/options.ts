import { GatewayError } from '../../errors.ts'
import { isKeyPrefix } from '../key-name.ts'
import { isServiceAddress } from '../service-address.ts'

/** Symmetric keys of AWS KMS, found by alias. Credentials come from where every AWS SDK looks for them. */
export interface AwsKmsOptions {
  readonly provider: 'aws-kms'
  readonly region: string
  /** Such as a VPC endpoint. https, or http to this machine. Default: the region's. */
  readonly endpoint?: string
  /** First part of every alias: lower case letters, digits and `_`. Default: `sealgate`. */
  readonly keyPrefix?: string
  /** For one request and its repetition, in milliseconds. Default: 5,000. */
  readonly timeoutMs?: number
}

export interface AwsKmsSettings extends AwsKmsOptions {
  readonly keyPrefix: string
  readonly timeoutMs: number
}

/** @throws GatewayError `CONFIGURATION_INVALID` naming the option that is wrong. */
export function parseAwsKmsOptions(options: AwsKmsOptions): AwsKmsSettings {
  const settings = {
    ...options,
    keyPrefix: options.keyPrefix ?? 'sealgate',
    timeoutMs: options.timeoutMs ?? 5_000,
  }
  if (!/^[a-z0-9-]+$/.test(settings.region)) throw invalid('region', 'is not a region')
  if (settings.endpoint !== undefined && !isServiceAddress(settings.endpoint)) {
    throw invalid('endpoint', 'must be an https URL without a path')
  }
  if (!isKeyPrefix(settings.keyPrefix))
    throw invalid('keyPrefix', 'may hold lower case letters, digits and _')
  if (!(settings.timeoutMs > 0)) throw invalid('timeoutMs', 'must be positive')
  return settings
}

function invalid(option: string, problem: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message: `AWS KMS option ${option} ${problem}.` })
}
