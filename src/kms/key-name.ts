import type { Kek } from '../crypto/key-provider.ts'
import { kekNameOf } from './kek-name.ts'

/**
 * `<prefix>-<key type>-<purpose>`, in lower case with `-` for `_`, such as `sealgate-api-key-reveal`: a name that every key
 * service allows.
 *
 * No two KEKs of any two installations share a name: a prefix holds no `-`, so it ends at the first one; a purpose holds
 * none, so it starts behind the last one; and a key type has neither lower case letters nor `-` before it is written so.
 */
export function keyNameOf(prefix: string, kek: Kek): string {
  return `${prefix}-${kekNameOf(kek).toLowerCase().replaceAll('_', '-')}`
}

/** Whether a prefix is lower case letters, digits and `_`. */
export function isKeyPrefix(prefix: string): boolean {
  return /^[a-z0-9_]+$/.test(prefix)
}
