import { jsonCodec } from './json-codec.ts'
import type { Padding } from './padding.ts'
import * as scalars from './scalar-codecs.ts'
import { joinItems, readItem, splitItems, startItem, tags, undecodable, type Item } from './value-item.ts'

/** How values are encoded, by kind. Scalars of a schema map to one of these, `ID` to `STRING`. */
const codecs = {
  STRING: scalars.stringCodec,
  INT: scalars.intCodec,
  FLOAT: scalars.floatCodec,
  BOOLEAN: scalars.booleanCodec,
  BIGINT: scalars.bigintCodec,
  ENUM: scalars.enumCodec,
  DATE: scalars.dateCodec,
  DATE_TIME: scalars.dateTimeCodec,
  JSON: jsonCodec,
} as const satisfies Record<string, scalars.ValueCodec>

export type ScalarKind = keyof typeof codecs
/** A list is one value: its items, nulls included, are encrypted together. */
export type ValueType = ScalarKind | { readonly listOf: ValueType }

/**
 * @returns the item of the value, padded with zeros.
 * @throws `BAD_USER_INPUT` when the value is not of the type, `LIMIT_EXCEEDED` when it is too long or too deep.
 */
export function encodeValue(type: ValueType, value: unknown, padding: Padding): Buffer {
  if (typeof type === 'string') return codecs[type].encode(value, padding)
  if (!Array.isArray(value)) throw scalars.unfit()
  const items = Array.from(value, (item: unknown) =>
    item === null ? startItem(tags.null, 0, 'NONE') : encodeValue(type.listOf, item, 'NONE'),
  )
  return joinItems(tags.list, items.length, items, padding)
}

/** @throws `DECRYPTION_FAILED` unless the bytes are one item of the type and zeros. */
export function decodeValue(type: ValueType, padded: Buffer): unknown {
  const item = readItem(padded, 0, padded.length)
  for (let at = item.end; at < padded.length; at += 1) if (padded[at] !== 0) throw undecodable()
  return decodeItem(type, item)
}

function decodeItem(type: ValueType, item: Item): unknown {
  if (typeof type === 'string') return codecs[type].decode(item)
  if (item.tag !== tags.list) throw undecodable()
  return splitItems(item, 1).map((inner) => {
    if (inner.tag !== tags.null) return decodeItem(type.listOf, inner)
    if (inner.start !== inner.end) throw undecodable()
    return null
  })
}
