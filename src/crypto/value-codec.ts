import type { Padding } from './padding.ts'

/** How a value is encoded. Custom scalars of a schema map to one of these; `ID` is a `STRING`. */
export type ScalarKind =
  'STRING' | 'INT' | 'FLOAT' | 'BOOLEAN' | 'BIGINT' | 'ENUM' | 'DATE' | 'DATE_TIME' | 'JSON'
/** A list is one value: its items, nulls included, are encrypted together. */
export type ValueType = ScalarKind | { readonly listOf: ValueType }

export function encodeValue(_type: ValueType, _value: unknown, _padding: Padding): Buffer {
  throw new Error('not yet')
}

export function decodeValue(_type: ValueType, _padded: Buffer): unknown {
  throw new Error('not yet')
}
