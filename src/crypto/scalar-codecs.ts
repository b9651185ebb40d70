import { isUtf8 } from 'node:buffer'
import { types } from 'node:util'
import { GatewayError } from '../errors.ts'
import { isWellFormed } from './length-prefixed.ts'
import type { Padding } from './padding.ts'
import { itemHeaderLength, startItem, tags, undecodable, type Item, type Tag } from './value-item.ts'

/** Both ways of one kind of value. */
export interface ValueCodec {
  /** @throws `BAD_USER_INPUT` when the value is not of this kind. */
  encode(value: unknown, padding: Padding): Buffer
  /** @throws `DECRYPTION_FAILED` when the item is not exactly what `encode` makes. */
  decode(item: Item): unknown
}

/** Text that UTF-8 cannot hold, because a surrogate stands alone, is kept as UTF-16. */
export const stringCodec: ValueCodec = {
  encode(value, padding) {
    if (typeof value !== 'string') throw unfit()
    if (isWellFormed(value)) return encodeText(tags.utf8, value, padding)
    const item = startItem(tags.utf16, value.length * 2, padding)
    item.write(value, itemHeaderLength, 'utf16le')
    return item
  },
  decode(item) {
    if (item.tag !== tags.utf16) return decodeText(tags.utf8, item)
    const text = item.bytes.toString('utf16le', item.start, item.end)
    if (text.length * 2 !== item.end - item.start || isWellFormed(text)) throw undecodable()
    return text
  },
}

export const floatCodec: ValueCodec = {
  encode(value, padding) {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw unfit()
    const item = startItem(tags.float, 8, padding)
    item.writeDoubleBE(value, itemHeaderLength)
    return item
  },
  decode(item) {
    assertShape(item, tags.float, 8)
    const value = item.bytes.readDoubleBE(item.start)
    if (!Number.isFinite(value)) throw undecodable()
    return value
  },
}

export const booleanCodec: ValueCodec = {
  encode(value, padding) {
    if (typeof value !== 'boolean') throw unfit()
    const item = startItem(tags.boolean, 1, padding)
    item.writeUInt8(Number(value), itemHeaderLength)
    return item
  },
  decode(item) {
    assertShape(item, tags.boolean, 1)
    const byte = item.bytes.readUInt8(item.start)
    if (byte > 1) throw undecodable()
    return byte === 1
  },
}

/** Whole numbers that a double holds exactly: GraphQL's Int and the wider ones of custom scalars. */
export const intCodec: ValueCodec = {
  encode(value, padding) {
    if (!Number.isSafeInteger(value)) throw unfit()
    return encodeInt64(tags.int, value as number, padding)
  },
  decode(item) {
    const value = decodeInt64(tags.int, item)
    if (!Number.isSafeInteger(value)) throw undecodable()
    return value
  },
}

/** Milliseconds since 1970, before it negative. */
export const dateTimeCodec: ValueCodec = {
  encode(value, padding) {
    if (!types.isDate(value) || Number.isNaN(value.getTime())) throw unfit()
    return encodeInt64(tags.dateTime, value.getTime(), padding)
  },
  decode(item) {
    const value = new Date(decodeInt64(tags.dateTime, item))
    if (Number.isNaN(value.getTime())) throw undecodable()
    return value
  },
}

/** A codec whose values are text. */
export interface TextCodec extends ValueCodec {
  decode(item: Item): string
}

/** A name of the schema, as text. */
export const enumCodec = textCodec(tags.enum, /^[_A-Za-z][_0-9A-Za-z]*$/)
/** A calendar day as ISO 8601 text, `YYYY-MM-DD`: it has no time zone to lose. */
export const dateCodec = textCodec(tags.date, /^\d{4}-\d{2}-\d{2}$/)

const decimal = textCodec(tags.bigint, /^(?:0|-?[1-9]\d{0,999})$/)
/** As decimal digits, at most 1,000 of them. */
export const bigintCodec: ValueCodec = {
  encode(value, padding) {
    if (typeof value !== 'bigint') throw unfit()
    return decimal.encode(value.toString(), padding)
  },
  decode(item) {
    return BigInt(decimal.decode(item))
  },
}

function textCodec(tag: Tag, pattern: RegExp): TextCodec {
  return {
    encode(value, padding) {
      if (typeof value !== 'string' || !pattern.test(value)) throw unfit()
      return encodeText(tag, value, padding)
    },
    decode(item) {
      const text = decodeText(tag, item)
      if (!pattern.test(text)) throw undecodable()
      return text
    },
  }
}

function encodeText(tag: Tag, text: string, padding: Padding): Buffer {
  const item = startItem(tag, Buffer.byteLength(text), padding)
  item.write(text, itemHeaderLength)
  return item
}

function decodeText(tag: Tag, { bytes, tag: found, start, end }: Item): string {
  if (found !== tag) throw undecodable()
  const text = bytes.toString('utf8', start, end)
  // Bytes that are no UTF-8 become U+FFFD; text that has it is looked at again.
  if (text.includes('\uFFFD') && !isUtf8(bytes.subarray(start, end))) throw undecodable()
  return text
}

function encodeInt64(tag: Tag, value: number, padding: Padding): Buffer {
  const item = startItem(tag, 8, padding)
  item.writeBigInt64BE(BigInt(value), itemHeaderLength)
  return item
}

function decodeInt64(tag: Tag, item: Item): number {
  assertShape(item, tag, 8)
  return Number(item.bytes.readBigInt64BE(item.start))
}

function assertShape(item: Item, tag: Tag, length: number): void {
  if (item.tag !== tag || item.end - item.start !== length) throw undecodable()
}

/** Says nothing of the value. */
export function unfit(): GatewayError {
  return new GatewayError('BAD_USER_INPUT', { message: 'The value does not fit the type of its field.' })
}
