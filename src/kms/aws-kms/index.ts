import type { IntermediateKeyStore } from '../../crypto/intermediate-key-store.ts'
import type { KeyProvider } from '../../crypto/key-provider.ts'
import { IntermediateKeyProvider } from '../intermediate/provider.ts'
import { AwsKmsClient } from './client.ts'
import { type AwsKmsOptions, parseAwsKmsOptions } from './options.ts'

/**
 * Wraps data keys under intermediate keys that AWS KMS wraps, each bound to its use by an encryption context.
 *
 * @throws GatewayError `CONFIGURATION_INVALID` when an option is wrong. AWS is asked nothing before `prepare`.
 */
export function createAwsKmsProvider(options: AwsKmsOptions, store: IntermediateKeyStore): KeyProvider {
  return new IntermediateKeyProvider(new AwsKmsClient(parseAwsKmsOptions(options)), store)
}
