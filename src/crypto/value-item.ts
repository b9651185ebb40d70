import { GatewayError } from '../errors.ts'
import { maxPlaintextLength } from './ciphertext.ts'
import { paddedLength, type Padding } from './padding.ts'

/** Encoded values are items: a tag (1 byte), the length of the body (4 bytes, big-endian), the body. */
export const tags = {
  null: 0,
  utf8: 1,
  utf16: 2,
  int: 3,
  float: 4,
  boolean: 5,
  bigint: 6,
  enum: 7,
  date: 8,
  dateTime: 9,
  json: 10,
  list: 11,
  object: 12,
} as const
export type Tag = (typeof tags)[keyof typeof tags]

export const itemHeaderLength = 5

/** An item found in `bytes`: its body is between `start` and `end`. */
export interface Item {
  readonly bytes: Buffer
  readonly tag: number
  readonly start: number
  readonly end: number
}

/** Tag and length, room for the body after them, zeros up to the padded length. */
export function startItem(tag: Tag, bodyLength: number, padding: Padding): Buffer {
  const length = itemHeaderLength + bodyLength
  const padded = paddedLength(length, padding)
  if (padded > maxPlaintextLength) {
    throw new GatewayError('LIMIT_EXCEEDED', { message: 'A value is too long to be encrypted.' })
  }
  const bytes = Buffer.allocUnsafe(padded)
  bytes[0] = tag
  bytes.writeUInt32BE(bodyLength, 1)
  return bytes.fill(0, length)
}

/** An item whose body is a count (4 bytes, big-endian) and as many items, or as many pairs of them. */
export function joinItems(tag: Tag, count: number, items: readonly Buffer[], padding: Padding): Buffer {
  const joined = startItem(tag, 4 + items.reduce((sum, item) => sum + item.length, 0), padding)
  joined.writeUInt32BE(count, itemHeaderLength)
  let at = itemHeaderLength + 4
  for (const item of items) {
    joined.set(item, at)
    at += item.length
  }
  return joined
}

/** @throws a RangeError, or `DECRYPTION_FAILED`, when the item does not end by `limit`. */
export function readItem(bytes: Buffer, at: number, limit: number): Item {
  const start = at + itemHeaderLength
  if (start > limit) throw undecodable()
  const end = start + bytes.readUInt32BE(at + 1)
  if (end > limit) throw undecodable()
  return { bytes, tag: bytes.readUInt8(at), start, end }
}

/** The items that {@link joinItems} joined, `perCount` to a count; they fill the body exactly. */
export function splitItems({ bytes, start, end }: Item, perCount: 1 | 2): Item[] {
  if (end - start < 4) throw undecodable()
  const expected = bytes.readUInt32BE(start) * perCount
  const items: Item[] = []
  for (let at = start + 4; at < end;) {
    const item = readItem(bytes, at, end)
    items.push(item)
    at = item.end
  }
  if (items.length !== expected) throw undecodable()
  return items
}

export function undecodable(): GatewayError {
  return new GatewayError('DECRYPTION_FAILED')
}
