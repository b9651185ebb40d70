import type { KeyService } from '../intermediate/key-service.ts'
import { GcpKmsClient, type GcpChannel } from './client.ts'
import { type GcpKmsOptions, parseGcpKmsOptions } from './options.ts'

/**
 * Google Cloud KMS, which binds what it wraps to its use by associated data.
 *
 * @param channel - in the place of TLS and Google's default credentials.
 * @throws GatewayError `CONFIGURATION_INVALID` when an option is wrong. Google is asked nothing before `prepare`.
 */
export function createGcpKmsService(options: GcpKmsOptions, channel?: GcpChannel): KeyService {
  return new GcpKmsClient(parseGcpKmsOptions(options), channel)
}
