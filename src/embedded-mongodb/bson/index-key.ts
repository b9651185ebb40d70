import { Buffer } from 'node:buffer'
import type { Binary, BSONRegExp, Code, DBRef, Long, ObjectId } from 'bson'
import { type BsonNumber, bsonClass, canonicalTypeOf, canonicalTypes } from './canonical-type.ts'
import { encodeNumberKey } from './number-key.ts'

/** Collects bytes; grows by doubling. */
class KeyWriter {
  #bytes = Buffer.allocUnsafe(128)
  #length = 0

  #reserve(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    return at
  }

  byte(value: number): void {
    const at = this.#reserve(1)
    this.#bytes[at] = value
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length)
    this.#bytes.set(value, at)
  }

  uint32(value: number): void {
    const at = this.#reserve(4)
    this.#bytes.writeUInt32BE(value, at)
  }

  int64(value: bigint): void {
    const at = this.#reserve(8)
    this.#bytes.writeBigUInt64BE(BigInt.asUintN(64, value) ^ 0x8000000000000000n, at)
  }

  /** UTF-8 with zero bytes escaped, ended so that a prefix sorts before what it is a prefix of. */
  text(value: string): void {
    const bytes = Buffer.from(value, 'utf8')
    let from = 0
    for (let zero = bytes.indexOf(0); zero !== -1; zero = bytes.indexOf(0, from)) {
      this.bytes(bytes.subarray(from, zero + 1))
      this.byte(0xff)
      from = zero + 1
    }
    this.bytes(bytes.subarray(from))
    this.byte(0)
    this.byte(0)
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }
}

/** The fields of an embedded document; a DBRef counts as the document it was read from. */
export function fieldsOf(value: object): Record<string, unknown> {
  if (bsonClass(value) !== 'DBRef') return value as Record<string, unknown>
  const reference = value as DBRef
  return {
    $ref: reference.collection,
    $id: reference.oid,
    ...(reference.db === undefined ? {} : { $db: reference.db }),
    ...reference.fields,
  }
}

function writeValue(key: KeyWriter, value: unknown): void {
  const type = canonicalTypeOf(value)
  key.byte(type)
  switch (type) {
    case canonicalTypes.number:
      key.bytes(encodeNumberKey(value as BsonNumber))
      return
    case canonicalTypes.string:
      key.text(String(value))
      return
    case canonicalTypes.object:
      for (const [name, field] of Object.entries(fieldsOf(value as object))) {
        key.byte(canonicalTypeOf(field))
        key.text(name)
        writeValue(key, field)
      }
      key.byte(0)
      return
    case canonicalTypes.array:
      for (const element of value as unknown[]) writeValue(key, element)
      key.byte(0)
      return
    case canonicalTypes.binary: {
      const binary = value as Binary
      key.uint32(binary.position)
      key.byte(binary.sub_type)
      key.bytes(binary.buffer.subarray(0, binary.position))
      return
    }
    case canonicalTypes.objectId:
      key.bytes((value as ObjectId).id)
      return
    case canonicalTypes.boolean:
      key.byte(value === true ? 1 : 0)
      return
    case canonicalTypes.date:
      key.int64(BigInt((value as Date).getTime()))
      return
    case canonicalTypes.timestamp:
      key.int64(BigInt.asUintN(64, (value as Long).toBigInt()) ^ 0x8000000000000000n)
      return
    case canonicalTypes.regex:
      key.text((value as BSONRegExp).pattern)
      key.text((value as BSONRegExp).options)
      return
    case canonicalTypes.code:
      key.text((value as Code).code)
      return
    case canonicalTypes.codeWithScope:
      key.text((value as Code).code)
      writeValue(key, (value as Code).scope)
      return
    default:
  }
}

/**
 * Encodes a value so that bytes compare as MongoDB compares values, whatever their types. The code is prefix-free:
 * keys of several fields are the concatenation of their codes. A missing value is encoded as the caller says, null or
 * undefined.
 */
export function encodeValueKey(value: unknown): Buffer {
  const key = new KeyWriter()
  writeValue(key, value)
  return key.finish()
}

/** Turns the code of an ascending field into that of a descending one, in place. */
export function invertKey(bytes: Buffer): Buffer {
  for (let i = 0; i < bytes.length; i++) bytes[i] = ~(bytes[i] ?? 0)
  return bytes
}
