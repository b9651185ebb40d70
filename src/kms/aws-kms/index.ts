import type { KeyService } from '../intermediate/key-service.ts'
import { AwsKmsClient } from './client.ts'
import { type AwsKmsOptions, parseAwsKmsOptions } from './options.ts'

/**
 * AWS KMS, which binds what it wraps to its use by an encryption context.
 *
 * @throws GatewayError `CONFIGURATION_INVALID` when an option is wrong. AWS is asked nothing before `prepare`.
 */
export function createAwsKmsService(options: AwsKmsOptions): KeyService {
  return new AwsKmsClient(parseAwsKmsOptions(options))
}
