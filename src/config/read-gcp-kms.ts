import type { GcpKmsOptions } from '../kms/index.ts'
import { type EnvironmentReader, invalid } from './read-environment.ts'

/** Google Cloud KMS; credentials are read by Google's own library, from where it always looks for them. */
export function readGcpKms(read: EnvironmentReader): GcpKmsOptions {
  const keyRing = read.text('SEALGATE_GCP_KEY_RING')
  if (keyRing === undefined) throw invalid('SEALGATE_GCP_KEY_RING', 'is needed with SEALGATE_KEYS=gcp-kms')
  const endpoint = read.text('SEALGATE_GCP_KMS_ENDPOINT')
  const keyPrefix = read.text('SEALGATE_KEY_PREFIX')
  return {
    provider: 'gcp-kms',
    keyRing,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(keyPrefix === undefined ? {} : { keyPrefix }),
  }
}
