import type { KeyProvider } from '../../crypto/key-provider.ts'
import type { GcpKmsOptions } from './options.ts'
export function createGcpKmsProvider(_options: GcpKmsOptions): KeyProvider {
  throw new Error('later')
}
