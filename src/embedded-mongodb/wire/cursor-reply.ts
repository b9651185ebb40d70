import type { Long } from 'bson'

function element(type: number, name: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), Buffer.from(name), Buffer.of(0), value])
}

function documentOf(parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 5)
  const start = Buffer.allocUnsafe(4)
  start.writeInt32LE(length)
  return Buffer.concat([start, ...parts, Buffer.of(0)], length)
}

function arrayOf(documents: readonly Buffer[]): Buffer {
  const parts: Buffer[] = []
  for (const [i, document] of documents.entries()) parts.push(Buffer.from(`\u0003${i}\0`, 'latin1'), document)
  return documentOf(parts)
}

/** Encodes the answer of find, aggregate and getMore around documents that are encoded already. */
export function encodeCursorReply(
  batchName: 'firstBatch' | 'nextBatch',
  cursorId: Long,
  namespace: string,
  batch: readonly Buffer[],
): Buffer {
  const text = Buffer.from(`${namespace}\0`)
  const textLength = Buffer.allocUnsafe(4)
  textLength.writeInt32LE(text.length)
  const one = Buffer.alloc(8)
  one.writeDoubleLE(1)
  const cursor = documentOf([
    element(0x04, batchName, arrayOf(batch)),
    element(0x12, 'id', Buffer.from(cursorId.toBytesLE())),
    element(0x02, 'ns', Buffer.concat([textLength, text])),
  ])
  return documentOf([element(0x03, 'cursor', cursor), element(0x01, 'ok', one)])
}
