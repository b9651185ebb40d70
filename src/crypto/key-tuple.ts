import { createHash } from 'node:crypto'
import type { Kek, KeyPurpose } from './key-provider.ts'
import { lengthPrefixed } from './length-prefixed.ts'

/** Whose data a data key protects. `SUBJECT` is the default; `PATH` serves blind indexes. */
export type KeyScope = 'SUBJECT' | 'TENANT' | 'MODEL' | 'DOCUMENT' | 'PATH'

/** One holder has one row of data keys. The scope id names the subject, model, document or path inside the tenant. */
export interface KeyHolder {
  readonly tenant: string
  readonly scope: KeyScope
  readonly scopeId: string
}

/**
 * Which data key is meant: computed from the document's stored tenant and subject and from the schema, never from a key
 * row or a stored value. Make one per row and key type, and use it for all fields of the row.
 */
export class KeyTuple implements Kek {
  readonly holder: KeyHolder
  readonly keyType: string
  readonly purpose: KeyPurpose
  #name: string | undefined

  constructor(holder: KeyHolder, keyType: string, purpose: KeyPurpose) {
    this.holder = holder
    this.keyType = keyType
    this.purpose = purpose
  }

  /** Tells this tuple from every other one; for look-ups in memory. Made when it is first asked for. */
  get name(): string {
    const { tenant, scope, scopeId } = this.holder
    this.#name ??= `${tenant.length}:${tenant}${scope}:${scopeId.length}:${scopeId}${this.keyType}/${this.purpose}`
    return this.#name
  }

  /** Whether both mean the same data key; cheaper than to compare names. */
  equals(other: KeyTuple): boolean {
    const one = this.holder
    const two = other.holder
    return (
      one.scopeId === two.scopeId &&
      one.tenant === two.tenant &&
      one.scope === two.scope &&
      this.keyType === other.keyType &&
      this.purpose === other.purpose
    )
  }
}

export function createKeyTuple(holder: KeyHolder, keyType: string, purpose: KeyPurpose): KeyTuple {
  return new KeyTuple(holder, keyType, purpose)
}

/** The `_id` of the holder's row: SHA-256 of the length-prefixed holder. */
export function holderId({ tenant, scope, scopeId }: KeyHolder): Buffer {
  return createHash('sha256')
    .update(lengthPrefixed(['sealgate/holder/v1', tenant, scope, scopeId]))
    .digest()
}

/** What the KMS binds a wrapped data key to: a key moved to another holder, type or purpose cannot be unwrapped. */
export function wrapContext({ holder, keyType, purpose }: KeyTuple): Buffer {
  const { tenant, scope, scopeId } = holder
  return lengthPrefixed(['sealgate/wrap/v1', tenant, scope, scopeId, keyType, purpose])
}
