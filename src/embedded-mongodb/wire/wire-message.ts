import { type BsonDocument, decodeUntrustedDocument } from '../bson/document.ts'
import { crc32c } from './crc32c.ts'

/** MongoDB's limit of one message, in bytes. */
export const maxMessageBytes = 48_000_000

const headerBytes = 16
const opCodes = { reply: 1, query: 2004, message: 2013 } as const
const flags = { checksumPresent: 1, moreToCome: 2, required: 0xffff } as const

/** Bytes that are not the MongoDB wire protocol: the connection they came on is closed without an answer. */
export class WireError extends Error {}

export interface WireRequest {
  readonly requestId: number
  readonly body: BsonDocument
  /** Documents sent beside the body, by the name of the field they belong to. */
  readonly sequences: ReadonlyMap<string, readonly Buffer[]>
  /** The client does not wait for an answer. */
  readonly unacknowledged: boolean
  /** Came as OP_QUERY, which only a handshake does, and is answered by OP_REPLY. */
  readonly legacy: boolean
}

/** The length of the message a buffer begins with. Undefined until the header is there. */
export function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < headerBytes) return undefined
  const length = bytes.readInt32LE(0)
  const opCode = bytes.readInt32LE(12)
  if (opCode !== opCodes.message && opCode !== opCodes.query) throw new WireError('unknown opcode')
  if (length < headerBytes + 5 || length > maxMessageBytes) throw new WireError('invalid message length')
  return length
}

function documentAt(bytes: Buffer, at: number, end: number): Buffer {
  const length = at + 4 <= end ? bytes.readInt32LE(at) : 0
  if (length < 5 || at + length > end) throw new WireError('invalid document length')
  return bytes.subarray(at, at + length)
}

function cstringAt(bytes: Buffer, at: number, end: number): { text: string; next: number } {
  const zero = bytes.indexOf(0, at)
  if (zero === -1 || zero >= end) throw new WireError('unterminated string')
  return { text: bytes.toString('utf8', at, zero), next: zero + 1 }
}

function parseMessage(bytes: Buffer): WireRequest {
  const requestId = bytes.readInt32LE(4)
  const flagBits = bytes.readUInt32LE(headerBytes)
  const hasChecksum = (flagBits & flags.checksumPresent) !== 0
  if ((flagBits & flags.required & ~(flags.checksumPresent | flags.moreToCome)) !== 0) {
    throw new WireError('unknown required flag')
  }
  const end = bytes.length - (hasChecksum ? 4 : 0)
  if (hasChecksum && crc32c(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) {
    throw new WireError('checksum mismatch')
  }
  let body: BsonDocument | undefined
  const sequences = new Map<string, Buffer[]>()
  for (let at = headerBytes + 4; at < end;) {
    const kind = bytes[at++]
    if (kind === 0) {
      if (body !== undefined) throw new WireError('two bodies')
      const document = documentAt(bytes, at, end)
      body = decodeUntrustedDocument(document)
      at += document.length
    } else if (kind === 1) {
      const size = at + 4 <= end ? bytes.readInt32LE(at) : 0
      const sectionEnd = at + size
      if (size < 5 || sectionEnd > end) throw new WireError('invalid section length')
      const { text, next } = cstringAt(bytes, at + 4, sectionEnd)
      if (sequences.has(text)) throw new WireError('two sections of one name')
      const documents: Buffer[] = []
      for (at = next; at < sectionEnd;) {
        const document = documentAt(bytes, at, sectionEnd)
        documents.push(document)
        at += document.length
      }
      sequences.set(text, documents)
    } else throw new WireError('unknown section kind')
  }
  if (body === undefined) throw new WireError('no body')
  return { requestId, body, sequences, unacknowledged: (flagBits & flags.moreToCome) !== 0, legacy: false }
}

function parseQuery(bytes: Buffer): WireRequest {
  const { text, next } = cstringAt(bytes, headerBytes + 4, bytes.length)
  if (!text.endsWith('.$cmd')) throw new WireError('OP_QUERY is for handshakes only')
  const query = decodeUntrustedDocument(documentAt(bytes, next + 8, bytes.length))
  const body = { ...query, $db: text.slice(0, -'.$cmd'.length) }
  return {
    requestId: bytes.readInt32LE(4),
    body,
    sequences: new Map(),
    unacknowledged: false,
    legacy: true,
  }
}

/** Parses one whole message. Throws WireError, or BSONError for a malformed document. */
export function parseWireMessage(bytes: Buffer): WireRequest {
  return bytes.readInt32LE(12) === opCodes.query ? parseQuery(bytes) : parseMessage(bytes)
}

let lastRequestId = 0

function header(length: number, responseTo: number, opCode: number): Buffer {
  lastRequestId = (lastRequestId + 1) & 0x7fffffff
  const bytes = Buffer.alloc(headerBytes)
  bytes.writeInt32LE(length, 0)
  bytes.writeInt32LE(lastRequestId, 4)
  bytes.writeInt32LE(responseTo, 8)
  bytes.writeInt32LE(opCode, 12)
  return bytes
}

/** Frames a command, as a client does. */
export function encodeWireRequest(body: Buffer): Buffer {
  return Buffer.concat([header(headerBytes + 5 + body.length, 0, opCodes.message), Buffer.alloc(5), body])
}

/** Frames the answer to a request. */
export function encodeWireReply(request: WireRequest, body: Buffer): Buffer {
  if (!request.legacy) {
    const start = Buffer.alloc(5)
    return Buffer.concat([
      header(headerBytes + 5 + body.length, request.requestId, opCodes.message),
      start,
      body,
    ])
  }
  const start = Buffer.alloc(20)
  start.writeInt32LE(8, 0)
  start.writeInt32LE(1, 16)
  return Buffer.concat([
    header(headerBytes + 20 + body.length, request.requestId, opCodes.reply),
    start,
    body,
  ])
}
