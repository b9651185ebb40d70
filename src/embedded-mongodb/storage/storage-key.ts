import { createHash } from 'node:crypto'
import { encodeValueKey } from '../bson/index-key.ts'

/** What a stored key begins with; the number of the collection or index follows. */
const kinds = { meta: 0x01, catalog: 0x02, count: 0x03, dropped: 0x04, document: 0x10, entry: 0x11 } as const

export type KeyKind = keyof typeof kinds

/** The longest encoded values a key holds as they are, in bytes; lmdb's own limit is 1,978 for the whole key. */
const longestId = 512
const longestFields = 1024
const hashBytes = 16

export const prefixBytes = 5

export function keyPrefix(kind: KeyKind, number: number): Buffer {
  const prefix = Buffer.allocUnsafe(prefixBytes)
  prefix[0] = kinds[kind]
  prefix.writeUInt32BE(number, 1)
  return prefix
}

/** The first key above all that begin with `prefix`. */
export function successor(prefix: Buffer): Buffer {
  const next = Buffer.from(prefix)
  for (let i = next.length - 1; i >= 0; i--) {
    const byte = next[i] ?? 0
    if (byte < 0xff) {
      next[i] = byte + 1
      return next.subarray(0, i + 1)
    }
  }
  return Buffer.from([0xff])
}

function shorten(code: Buffer, longest: number): Buffer {
  if (code.length <= longest) return code
  const hash = createHash('sha256').update(code).digest().subarray(0, hashBytes)
  return Buffer.concat([code.subarray(0, longest - hashBytes), hash])
}

/** Whether the code of a field value is cut by `shortenId` or `shortenFields`, so that keys lose their exact order. */
export function exceeds(kind: 'id' | 'fields', code: Buffer): boolean {
  return code.length > (kind === 'id' ? longestId : longestFields)
}

/** The key of a document within its collection. A long one ends in a hash of the whole. */
export function idKeyOf(id: unknown): Buffer {
  return shorten(encodeValueKey(id), longestId)
}

/** The key of an index entry's fields. A long one ends in a hash of the whole. */
export function shortenFields(code: Buffer): Buffer {
  return shorten(code, longestFields)
}

/** How much of a bound can be compared with stored keys: what lies behind may have become part of a hash. */
export function comparableBytes(kind: 'id' | 'fields'): number {
  return (kind === 'id' ? longestId : longestFields) - hashBytes
}
