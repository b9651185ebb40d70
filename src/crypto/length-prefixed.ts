import { toUSVString } from 'node:util'
import { GatewayError } from '../errors.ts'

/**
 * Joins parts so that no two different lists of parts give the same bytes: each part is preceded by its length in bytes
 * as a 4-byte big-endian number. Text is UTF-8.
 *
 * @throws `BAD_USER_INPUT` for text with a lone surrogate, which UTF-8 would fold into U+FFFD.
 */
export function lengthPrefixed(parts: readonly (string | Buffer)[]): Buffer {
  let length = 0
  for (const part of parts) length += 4 + (typeof part === 'string' ? encodedLength(part) : part.length)
  const joined = Buffer.allocUnsafe(length)
  let at = 0
  for (const part of parts) {
    const written = typeof part === 'string' ? joined.write(part, at + 4) : part.copy(joined, at + 4)
    joined.writeUInt32BE(written, at)
    at += 4 + written
  }
  return joined
}

function encodedLength(text: string): number {
  const length = Buffer.byteLength(text)
  // As many bytes as characters: ASCII.
  if (length !== text.length && !isWellFormed(text)) {
    throw new GatewayError('BAD_USER_INPUT', { message: 'An identifier is not well-formed Unicode.' })
  }
  return length
}

/** Whether UTF-8 can hold the text without loss: no surrogate stands alone. */
export function isWellFormed(text: string): boolean {
  return toUSVString(text) === text
}
