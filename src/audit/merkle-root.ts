import { createHash } from 'node:crypto'

import { lengthPrefixed } from '../crypto/length-prefixed.ts'
import type { ChainHead } from './line.ts'

/**
 * One hash for the heads of all chains, as in RFC 9162 §2.1: leaves and nodes are told apart by their first byte. The order
 * is that of the chains' names.
 */
export function merkleRoot(heads: readonly ChainHead[]): Buffer {
  const sorted = [...heads].sort((one, other) => (one.chain < other.chain ? -1 : 1))
  return rootOf(
    sorted.map(({ chain, sequence, hmac }) => hash(0, lengthPrefixed([chain, String(sequence), hmac]))),
  )
}

function rootOf(hashes: readonly Buffer[]): Buffer {
  const [first] = hashes
  if (first === undefined) return createHash('sha256').digest()
  if (hashes.length === 1) return first
  const middle = 2 ** Math.ceil(Math.log2(hashes.length) - 1)
  return hash(1, Buffer.concat([rootOf(hashes.slice(0, middle)), rootOf(hashes.slice(middle))]))
}

function hash(kind: 0 | 1, bytes: Buffer): Buffer {
  return createHash('sha256').update(Buffer.of(kind)).update(bytes).digest()
}
