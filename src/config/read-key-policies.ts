import { KeyPolicies } from '../crypto/key-policy.ts'
import { type EnvironmentReader, invalid } from './read-environment.ts'

/** The key policies, as a file of JSON changes and completes them. @throws CONFIGURATION_INVALID naming what is wrong */
export function readKeyPolicies(read: EnvironmentReader): KeyPolicies {
  const text = read.fileText('SEALGATE_KEY_POLICIES')
  if (text === undefined) return KeyPolicies.read()
  let written: unknown
  try {
    written = JSON.parse(text)
  } catch {
    throw invalid('SEALGATE_KEY_POLICIES', 'names a file that is not JSON')
  }
  return KeyPolicies.read(written)
}
