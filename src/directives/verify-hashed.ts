import { verify } from '@node-rs/argon2'

import { RowAddress } from '../crypto/associated-data.ts'
import { keyIdOf } from '../crypto/ciphertext.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { readSealed } from '../crypto/sealed-field.ts'
import { GatewayError } from '../errors.ts'
import type { PathCiphers } from './path-cipher.ts'
import { type RowOwner } from './path-cipher.ts'
import type { ProtectedPath } from './protected-paths.ts'

export interface HashedValue {
  readonly path: ProtectedPath
  readonly owner: RowOwner
  readonly elements: readonly string[]
  /** As the database returned it. */
  readonly stored: unknown
}

export type VerifyHashed = (hashed: HashedValue, value: string) => Promise<boolean>

/** Compares a value with the argon2id hash that a `@hashed` field holds. */
export function createHashVerifier(ring: KeyRing, ciphers: PathCiphers): VerifyHashed {
  return async ({ path, owner, elements, stored }, value) => {
    const parts = readSealed(stored)
    const keyId = parts === undefined ? undefined : keyIdOf(parts.ciphertext)
    const cipher = ciphers.of(path, owner.tenant)
    if (parts === undefined || keyId === undefined || cipher.index === undefined) {
      throw new GatewayError('DECRYPTION_FAILED', { coordinate: path.field.coordinate })
    }
    const tuple = cipher.revealKey(owner)
    const lease = ring.openLease()
    try {
      await lease.collectForRead([{ tuple, keyId }])
      await lease.collectForWrite([cipher.indexKey])
      const row = new RowAddress(owner.subject, owner.id, elements)
      const hash = cipher.value.decrypt(lease.readKey(tuple, keyId), row, parts.ciphertext) as string
      const peppered = cipher.index.term(lease.writeKey(cipher.indexKey), value)
      return await verify(hash, peppered.toString('base64'))
    } finally {
      lease.release()
    }
  }
}
