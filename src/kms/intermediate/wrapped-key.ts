import { lengthPrefixed } from '../../crypto/length-prefixed.ts'
import { dataKeyLength } from '../assert-items.ts'
import { openBytes, sealBytes, sealOverhead } from '../seal.ts'
import type { KeyUse } from './key-service.ts'

// A data key under an intermediate key: format, version of the intermediate key (32 bits), nonce, ciphertext, tag.
const format = 2
const headerLength = 5
const wrappedLength = headerLength + sealOverhead + dataKeyLength

/** What a data key is bound to: the intermediate key's use, and its own context. */
export interface WrapBinding {
  readonly use: KeyUse
  readonly context: Buffer
}

export function wrapKey(intermediate: Buffer, { use, context }: WrapBinding, key: Buffer): Buffer {
  const header = Buffer.alloc(headerLength)
  header.writeUInt8(format)
  header.writeUInt32BE(use.version, 1)
  return Buffer.concat([header, sealBytes(intermediate, associatedData(header, use, context), key)])
}

/** @returns the key, which the caller zeroes; undefined when it does not open. */
export function unwrapKey(
  intermediate: Buffer,
  { use, context }: WrapBinding,
  wrapped: Buffer,
): Buffer | undefined {
  const header = wrapped.subarray(0, headerLength)
  return openBytes(intermediate, associatedData(header, use, context), wrapped.subarray(headerLength))
}

/** The version that bytes of this format name; undefined for all others. */
export function wrappedVersion(wrapped: Buffer): number | undefined {
  if (wrapped.length !== wrappedLength || wrapped.readUInt8() !== format) return undefined
  return wrapped.readUInt32BE(1) || undefined
}

function associatedData(header: Buffer, { tenant, keyType, purpose }: KeyUse, context: Buffer): Buffer {
  return lengthPrefixed(['sealgate/intermediate/v1', header, tenant, keyType, purpose, context])
}
