import { createHmac } from 'node:crypto'

import type { DataKey } from '../crypto/data-key.ts'
import { createKeyTuple } from '../crypto/key-tuple.ts'
import { lengthPrefixed } from '../crypto/length-prefixed.ts'
import type { AnchorParts } from './anchor.ts'
import type { AuditRecord, ChainClosing, ChainOpening } from './line.ts'

/** The key of all chains of an installation. Of the purpose INDEX: it makes and checks HMACs and decrypts nothing. */
export const chainKeyTuple = createKeyTuple(
  { tenant: '', scope: 'MODEL', scopeId: 'sealgateAudit' },
  'AUDIT_LOG',
  'INDEX',
)

/** HMAC 0, in which a chain begins. */
export function openingHmac(key: DataKey, { chain, at, keyId }: Omit<ChainOpening, 'hmac'>): Buffer {
  return hmacOf(key, ['sealgate/audit/opening/v1', chain, at, keyId])
}

export function closingHmac(key: DataKey, { chain, how, at, head }: Omit<ChainClosing, 'hmac'>): Buffer {
  return hmacOf(key, ['sealgate/audit/closing/v1', chain, how, at, String(head.sequence), head.hmac])
}

export function anchorHmac(key: DataKey, { by, number, at, root }: AnchorParts): Buffer {
  return hmacOf(key, ['sealgate/audit/anchor/v1', by, String(number), at, root])
}

/** Over the HMAC of the record before, the sequence as 8 bytes big-endian, and the stored bytes. */
export function recordHmac(
  key: DataKey,
  previous: Buffer,
  { sequence, text }: Pick<AuditRecord, 'sequence' | 'text'>,
): Buffer {
  const place = Buffer.alloc(8)
  place.writeBigUInt64BE(BigInt(sequence))
  return createHmac('sha256', key.subkey('index')).update(previous).update(place).update(text).digest()
}

function hmacOf(key: DataKey, parts: readonly (string | Buffer)[]): Buffer {
  return createHmac('sha256', key.subkey('index')).update(lengthPrefixed(parts)).digest()
}
