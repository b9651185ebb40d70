import type { AwsKmsOptions } from '../kms/index.ts'
import { type EnvironmentReader, invalid } from './read-environment.ts'

/** AWS KMS; credentials are read by AWS's own SDK, from where it always looks for them. */
export function readAwsKms(read: EnvironmentReader): AwsKmsOptions {
  const region = read.text('AWS_REGION')
  if (region === undefined) throw invalid('AWS_REGION', 'is needed with SEALGATE_KEYS=aws-kms')
  const endpoint = read.text('SEALGATE_AWS_KMS_ENDPOINT')
  const keyPrefix = read.text('SEALGATE_KEY_PREFIX')
  return {
    provider: 'aws-kms',
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(keyPrefix === undefined ? {} : { keyPrefix }),
  }
}
