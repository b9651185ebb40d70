import type { Kek } from '../crypto/key-provider.ts'

/** One name per KEK, such as `API_KEY-REVEAL`: a key type holds no `-`. @throws TypeError when it is no key type. */
export function kekNameOf({ keyType, purpose }: Kek): string {
  if (!/^[A-Z][A-Z0-9_]*$/.test(keyType))
    throw new TypeError('A key type is upper case letters, digits and _.')
  return `${keyType}-${purpose}`
}
