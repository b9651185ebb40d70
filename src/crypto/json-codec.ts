import { GatewayError } from '../errors.ts'
import { booleanCodec, floatCodec, stringCodec, unfit, type ValueCodec } from './scalar-codecs.ts'
import {
  itemHeaderLength,
  joinItems,
  readItem,
  splitItems,
  startItem,
  tags,
  undecodable,
  type Item,
} from './value-item.ts'

const maxDepth = 64

/**
 * JSON as nested items, as it came: key order kept, nothing canonicalised. What comes back has objects without prototype,
 * so that `__proto__` is a key like any other. Refused: everything that JSON text cannot say, such as undefined or a Date.
 */
export const jsonCodec: ValueCodec = {
  encode(value, padding) {
    const inner = encodeNode(value, 0)
    const item = startItem(tags.json, inner.length, padding)
    item.set(inner, itemHeaderLength)
    return item
  },
  decode(item) {
    if (item.tag !== tags.json) throw undecodable()
    const inner = readItem(item.bytes, item.start, item.end)
    if (inner.end !== item.end) throw undecodable()
    return decodeNode(inner, 0)
  },
}

function encodeNode(value: unknown, depth: number): Buffer {
  if (depth > maxDepth) {
    throw new GatewayError('LIMIT_EXCEEDED', { message: 'A JSON value is nested too deeply.' })
  }
  if (value === null) return startItem(tags.null, 0, 'NONE')
  if (typeof value === 'string') return stringCodec.encode(value, 'NONE')
  if (typeof value === 'number') return floatCodec.encode(value, 'NONE')
  if (typeof value === 'boolean') return booleanCodec.encode(value, 'NONE')
  if (Array.isArray(value)) {
    const items = Array.from(value, (node: unknown) => encodeNode(node, depth + 1))
    return joinItems(tags.list, items.length, items, 'NONE')
  }
  if (!isPlainObject(value)) throw unfit()
  const entries = Object.entries(value)
  const items = entries.flatMap(([key, node]) => [
    stringCodec.encode(key, 'NONE'),
    encodeNode(node, depth + 1),
  ])
  return joinItems(tags.object, entries.length, items, 'NONE')
}

function decodeNode(item: Item, depth: number): unknown {
  if (depth > maxDepth) throw undecodable()
  if (item.tag === tags.list) return splitItems(item, 1).map((node) => decodeNode(node, depth + 1))
  if (item.tag === tags.object) return decodeObject(splitItems(item, 2), depth)
  if (item.tag === tags.float) return floatCodec.decode(item)
  if (item.tag === tags.boolean) return booleanCodec.decode(item)
  if (item.tag !== tags.null) return stringCodec.decode(item)
  if (item.start !== item.end) throw undecodable()
  return null
}

function decodeObject(items: Item[], depth: number): Record<string, unknown> {
  const object = Object.create(null) as Record<string, unknown>
  let key: string | undefined
  for (const item of items) {
    if (key === undefined) {
      key = stringCodec.decode(item) as string
      if (key in object) throw undecodable()
    } else {
      object[key] = decodeNode(item, depth + 1)
      key = undefined
    }
  }
  return object
}

/** An object made by a literal, by JSON or without prototype; not an instance of a class. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
