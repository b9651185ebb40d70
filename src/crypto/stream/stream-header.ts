import { randomFillSync } from 'node:crypto'
import { GatewayError } from '../../errors.ts'

/** How the plaintext was made smaller before it was encrypted. */
export type StreamCompression = 'NONE' | 'GZIP'

/** `docs/stream-format.md` describes the format to the byte. */
const magic = Buffer.from('SGST', 'latin1')
const formatVersion = 1
/** AES-256-GCM. */
const suite = 1
const compressions: readonly StreamCompression[] = ['NONE', 'GZIP']

const fixedLength = 8
const keyIdLength = 32
const saltLength = 32
export const streamHeaderLength = fixedLength + keyIdLength + saltLength

/** What stands in front of the chunks. Nothing of it is authenticated before the first chunk has been opened. */
export interface StreamHeader {
  /** All of it, as it is bound to the chunks. */
  readonly bytes: Buffer
  readonly compression: StreamCompression
  /** Lower-case hex. */
  readonly keyId: string
}

/** The header of a new stream, with a salt that no other stream has. */
export function createStreamHeader(keyId: Buffer, compression: StreamCompression): Buffer {
  const bytes = Buffer.alloc(streamHeaderLength)
  bytes.set(magic, 0)
  bytes.set([formatVersion, suite, compressions.indexOf(compression)], magic.length)
  bytes.set(keyId, fixedLength)
  randomFillSync(bytes, fixedLength + keyIdLength)
  return bytes
}

/** @throws `DECRYPTION_FAILED` unless length, version, suite and compression are on the allow-list. */
export function parseStreamHeader(bytes: Buffer): StreamHeader {
  const compression = compressions[bytes[6] ?? compressions.length]
  if (
    bytes.length !== streamHeaderLength ||
    !bytes.subarray(0, magic.length).equals(magic) ||
    bytes[4] !== formatVersion ||
    bytes[5] !== suite ||
    compression === undefined ||
    bytes[7] !== 0
  ) {
    throw new GatewayError('DECRYPTION_FAILED')
  }
  const keyId = bytes.toString('hex', fixedLength, fixedLength + keyIdLength)
  return { bytes: Buffer.from(bytes), compression, keyId }
}
