import { BSONError } from 'bson'

/** Bytes of a value whose type fixes them. */
const fixedBytes: Readonly<Record<number, number>> = {
  0x01: 8,
  0x06: 0,
  0x07: 12,
  0x08: 1,
  0x09: 8,
  0x0a: 0,
  0x10: 4,
  0x11: 8,
  0x12: 8,
  0x13: 16,
  0x7f: 0,
  0xff: 0,
}

/** How many bytes lie around those that the length at the beginning of a value counts. */
const aroundLength: Readonly<Record<number, number>> = {
  0x02: 4,
  0x03: 0,
  0x04: 0,
  0x05: 5,
  0x0c: 16,
  0x0d: 4,
  0x0e: 4,
  0x0f: 0,
}

const regularExpression = 0x0b

/** Where a value ends that begins at `at`. */
function endOfValue(bytes: Buffer, type: number, at: number): number {
  const fixed = fixedBytes[type]
  if (fixed !== undefined) return at + fixed
  const around = aroundLength[type]
  if (around !== undefined) return at + around + bytes.readInt32LE(at)
  if (type === regularExpression) return bytes.indexOf(0, bytes.indexOf(0, at) + 1) + 1
  throw new BSONError('unknown type')
}

/**
 * Keeps the fields of the given names of an encoded document, in their order, without decoding it. For documents that
 * this server stored, whose bytes were checked when they arrived.
 */
export function pickFields(bytes: Buffer, names: ReadonlySet<string>): Buffer {
  const kept: Buffer[] = [Buffer.allocUnsafe(4)]
  let length = 5
  for (let at = 4; at < bytes.length - 1;) {
    const nameEnd = bytes.indexOf(0, at + 1)
    const end = endOfValue(bytes, bytes[at] ?? 0, nameEnd + 1)
    if (names.has(bytes.toString('utf8', at + 1, nameEnd))) {
      kept.push(bytes.subarray(at, end))
      length += end - at
    }
    at = end
  }
  kept[0]?.writeInt32LE(length)
  kept.push(Buffer.of(0))
  return Buffer.concat(kept, length)
}
