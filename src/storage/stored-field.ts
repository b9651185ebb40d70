import mongoose from 'mongoose'

import { ciphertextSubtype } from '../crypto/ciphertext.ts'
import type { SealedField, SealedOrigin } from '../crypto/sealed-field.ts'

const { Binary } = mongoose.mongo
type Binary = InstanceType<typeof Binary>

const origins = new WeakMap<object, SealedOrigin>()

/**
 * What the database holds of a sealed field: `c` ciphertext, `m` masked forms by style, `t0` and `t1` blind-index terms.
 * Only {@link toStoredField} makes one that the write guard lets pass.
 */
export class StoredField {
  declare readonly c: Binary
  declare readonly m?: Readonly<Record<string, Binary>>
  declare readonly t0?: Binary
  declare readonly t1?: Binary

  constructor({ parts }: SealedField) {
    const binary = (bytes: Buffer): Binary => Object.freeze(new Binary(bytes, ciphertextSubtype))
    this.c = binary(parts.ciphertext)
    const masks = Object.entries(parts.masks).map(([style, bytes]) => [style, binary(bytes)])
    if (masks.length > 0) this.m = Object.freeze(Object.fromEntries(masks)) as Record<string, Binary>
    if (parts.terms.t0 !== undefined) this.t0 = binary(parts.terms.t0)
    if (parts.terms.t1 !== undefined) this.t1 = binary(parts.terms.t1)
  }
}

export function toStoredField(sealed: SealedField): StoredField {
  const field = Object.freeze(new StoredField(sealed))
  origins.set(field, sealed.origin)
  return field
}

/** Where a stored field may be written; undefined for everything that no sealer made. */
export function originOf(value: unknown): SealedOrigin | undefined {
  return value instanceof StoredField ? origins.get(value) : undefined
}
