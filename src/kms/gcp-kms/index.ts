import type { IntermediateKeyStore } from '../../crypto/intermediate-key-store.ts'
import type { KeyProvider } from '../../crypto/key-provider.ts'
import { IntermediateKeyProvider } from '../intermediate/provider.ts'
import { GcpKmsClient, type GcpChannel } from './client.ts'
import { type GcpKmsOptions, parseGcpKmsOptions } from './options.ts'

/**
 * Wraps data keys under intermediate keys that Google Cloud KMS wraps, each bound to its use by associated data.
 *
 * @param channel - in the place of TLS and Google's default credentials.
 * @throws GatewayError `CONFIGURATION_INVALID` when an option is wrong. Google is asked nothing before `prepare`.
 */
export function createGcpKmsProvider(
  options: GcpKmsOptions,
  store: IntermediateKeyStore,
  channel?: GcpChannel,
): KeyProvider {
  return new IntermediateKeyProvider(new GcpKmsClient(parseGcpKmsOptions(options), channel), store)
}
