import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'

import { GatewayError } from '../errors.ts'

/** What a file holds: documents one behind the other, as `mongodump` writes them (bsonspec.org). */
export interface FileContent {
  readonly documents: number
  readonly bytes: number
  /** In hex. */
  readonly sha256: string
}

/** Bytes of a document, at most: MongoDB's 16 MiB and what a server adds. */
const maxDocument = 16 * 1024 * 1024 + 16 * 1024

/** Bytes that are gathered before they are written. */
const chunk = 1024 * 1024

/** Writes a new file for its owner alone; what it holds is on disk when this resolves. */
export async function writeBsonFile(
  path: string,
  documents: AsyncIterable<Uint8Array>,
  onDocument: () => void,
): Promise<FileContent> {
  const handle = await open(path, 'wx', 0o600)
  const hash = createHash('sha256')
  const content = { documents: 0, bytes: 0 }
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(waiting)
    ;[waiting, waitingBytes] = [[], 0]
    hash.update(bytes)
    await handle.appendFile(bytes)
  }
  try {
    for await (const document of documents) {
      content.documents += 1
      content.bytes += document.length
      waiting.push(document)
      waitingBytes += document.length
      onDocument()
      if (waitingBytes >= chunk) await flush()
    }
    await flush()
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { ...content, sha256: hash.digest('hex') }
}

/**
 * The documents of a file, each as its bytes.
 * @throws CONFIGURATION_INVALID when the file is cut or is no such file
 */
export async function* readBsonFile(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const bytes of createReadStream(path, { highWaterMark: chunk }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    let at = 0
    while (rest.length - at >= 4) {
      const length = rest.readInt32LE(at)
      if (length < 5 || length > maxDocument) throw damaged(path)
      if (rest.length - at < length) break
      yield rest.subarray(at, at + length)
      at += length
    }
    rest = rest.subarray(at)
  }
  if (rest.length > 0) throw damaged(path)
}

/** SHA-256 of a file, in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path, { highWaterMark: chunk })) hash.update(bytes as Buffer)
  return hash.digest('hex')
}

function damaged(path: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', {
    message: `${path} is damaged: its documents do not end where it does.`,
  })
}
