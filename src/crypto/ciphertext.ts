import { GatewayError } from '../errors.ts'
import { findSuite, type Suite } from './suites.ts'

/** The one stored form there is so far; `docs/ciphertext-format.md` describes it to the byte. */
export const formatVersion = 1

/** BSON binary subtype under which field ciphertexts are stored. */
export const ciphertextSubtype = 0x80

const keyIdStart = 2
const tagLength = 16
export const headerLength = 34
/** Of the padded plaintext: a document has at most 16 MiB, a request body 4 MiB. */
export const maxPlaintextLength = 8 * 1024 * 1024
const minPlaintextLength = 5

/** A stored form: header (format version, suite and key id), nonce, body, tag. Nothing is authenticated before decryption. */
export interface Ciphertext {
  readonly suite: Suite
  /** The whole form; a view, no copy. */
  readonly bytes: Buffer
  /** Where the nonce ends. */
  readonly bodyStart: number
  /** Where the body ends, which is as long as the padded plaintext. */
  readonly tagStart: number
}

/** The key id of a stored form as lower-case hex; undefined when it has no header of this format. */
export function keyIdOf(stored: Uint8Array): string | undefined {
  if (stored.length < headerLength || stored[0] !== formatVersion) return undefined
  return viewOf(stored).toString('hex', keyIdStart, headerLength)
}

/** Whether a stored form has a header of this format that names a key; faster than to compare what {@link keyIdOf} gives. */
export function namesKey(stored: Uint8Array, keyId: Uint8Array): boolean {
  if (stored.length < headerLength || stored[0] !== formatVersion) return false
  for (let at = keyIdStart; at < headerLength; at += 1) {
    if (stored[at] !== keyId[at - keyIdStart]) return false
  }
  return true
}

/** Whether a stored form names the key that another one names, which has a header of this format. */
export function haveOneKey(stored: Uint8Array, other: Uint8Array): boolean {
  if (stored.length < headerLength || stored[0] !== formatVersion) return false
  for (let at = keyIdStart; at < headerLength; at += 1) if (stored[at] !== other[at]) return false
  return true
}

/** @throws `DECRYPTION_FAILED` unless version, suite and every length are on the allow-list. */
export function parseCiphertext(stored: Uint8Array): Ciphertext {
  const suite = stored[0] === formatVersion ? findSuite(stored[1] ?? 0) : undefined
  if (suite === undefined) throw new GatewayError('DECRYPTION_FAILED')
  const bodyStart = headerLength + suite.nonceLength
  const tagStart = stored.length - tagLength
  const bodyLength = tagStart - bodyStart
  if (bodyLength < minPlaintextLength || bodyLength > maxPlaintextLength) {
    throw new GatewayError('DECRYPTION_FAILED')
  }
  return { suite, bytes: viewOf(stored), bodyStart, tagStart }
}

/** Lays out the stored form with header and nonce in place, and room for the body and the tag. */
export function layOutCiphertext(suite: Suite, keyId: Buffer, nonce: Buffer, bodyLength: number): Buffer {
  const stored = Buffer.allocUnsafe(headerLength + nonce.length + bodyLength + tagLength)
  stored[0] = formatVersion
  stored[1] = suite.id
  stored.set(keyId, keyIdStart)
  stored.set(nonce, headerLength)
  return stored
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
