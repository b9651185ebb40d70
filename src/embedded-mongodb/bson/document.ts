import { deserialize, serialize } from 'bson'
import { CommandError } from '../command-error.ts'

/** A decoded BSON document. Numbers keep their BSON class (`Int32`, `Double`, `Long`), so nothing is lost on the way back. */
export type BsonDocument = Record<string, unknown>

const exact = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
} as const

/** Decodes bytes from a client. Throws on malformed BSON, invalid UTF-8 included. */
export function decodeUntrustedDocument(bytes: Uint8Array): BsonDocument {
  return deserialize(bytes, { ...exact, validation: { utf8: true } })
}

/** Decodes bytes this server stored, which were checked when they arrived. */
export function decodeDocument(bytes: Uint8Array): BsonDocument {
  return deserialize(bytes, { ...exact, validation: { utf8: false } })
}

/** Throws BSONObjectTooLarge for what is far beyond the limit, or nested too deep to encode. */
export function encodeDocument(document: BsonDocument): Buffer {
  let bytes: Uint8Array
  try {
    bytes = serialize(document, { ignoreUndefined: true })
  } catch (error) {
    if (error instanceof RangeError) {
      throw new CommandError('BSONObjectTooLarge', 'The document is too large or nested too deep')
    }
    throw error
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** MongoDB's limit of one stored document, in bytes. */
export const maxDocumentBytes = 16 * 1024 * 1024
