import { Duplex } from 'node:stream'
import type { KeyRing } from '../key-ring.ts'
import type { KeyTuple } from '../key-tuple.ts'
import { blocksOf, type ByteSource } from './blocks.ts'
import { ChunkCipher, chunkLength } from './chunk-cipher.ts'
import { compress } from './compression.ts'
import { createStreamHeader, type StreamCompression } from './stream-header.ts'

/** Which data key protects a stream, and what it is. */
export interface StreamOptions {
  readonly keys: KeyRing
  readonly tuple: KeyTuple
  /**
   * What the stream is bound to, such as a purpose and a document: it opens with the same parts in the same order and with
   * no others. Not stored.
   */
  readonly context: readonly string[]
}

export interface EncryptStreamOptions extends StreamOptions {
  /**
   * Default `NONE`. Compressed, the length tells something of the content: choose it only where nobody who sees the length
   * can put bytes of their own beside the secret ones.
   */
  readonly compression?: StreamCompression
}

/**
 * Encrypts bytes of any length in constant memory, in the format of `docs/stream-format.md`. The length is not hidden.
 *
 * The keys are taken when the first bytes are asked for, and zeroed at the end, at an error, and when the reader leaves.
 *
 * @throws `KEY_UNAVAILABLE` or `ERASED` before anything is read; `LIMIT_EXCEEDED` past 2^32 chunks of 64 KiB, and for data
 * that compresses too well; whatever the source throws.
 */
export async function* encryptStream(
  source: ByteSource,
  options: EncryptStreamOptions,
): AsyncGenerator<Buffer, undefined> {
  const { compression = 'NONE' } = options
  const { header, cipher } = await createCipher(options, compression)
  try {
    yield header
    const plaintext = compression === 'GZIP' ? compress(source) : source
    let index = 0
    for await (const { bytes, last } of blocksOf(plaintext, chunkLength)) {
      yield cipher.seal(index, last, bytes)
      index += 1
    }
  } finally {
    cipher.destroy()
  }
}

/** {@link encryptStream} for bytes that are in memory. */
export async function encryptBuffer(plaintext: Uint8Array, options: EncryptStreamOptions): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of encryptStream([plaintext], options)) parts.push(part)
  return Buffer.concat(parts)
}

/** {@link encryptStream} as a transform, for `pipe` and `pipeline`. */
export function createEncryptTransform(options: EncryptStreamOptions): Duplex {
  return Duplex.from((source: AsyncIterable<Uint8Array>) => encryptStream(source, options))
}

async function createCipher(
  { keys, tuple, context }: StreamOptions,
  compression: StreamCompression,
): Promise<{ readonly header: Buffer; readonly cipher: ChunkCipher }> {
  const lease = keys.openLease()
  try {
    await lease.collectForWrite([tuple])
    const dataKey = lease.writeKey(tuple)
    const header = createStreamHeader(dataKey.keyId, compression)
    return { header, cipher: new ChunkCipher(dataKey, header, context) }
  } finally {
    lease.release()
  }
}
