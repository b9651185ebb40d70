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
export interface KeyTuple extends Kek {
  readonly holder: KeyHolder
  /** Tells this tuple from every other one; for look-ups in memory. */
  readonly name: string
}

export function createKeyTuple(holder: KeyHolder, keyType: string, purpose: KeyPurpose): KeyTuple {
  const { tenant, scope, scopeId } = holder
  const name = `${tenant.length}:${tenant}${scope}:${scopeId.length}:${scopeId}${keyType}/${purpose}`
  return { holder, keyType, purpose, name }
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
