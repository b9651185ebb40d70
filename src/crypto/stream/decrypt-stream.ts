import { Duplex } from 'node:stream'
import { GatewayError } from '../../errors.ts'
import { type Block, blocksOf, type ByteSource } from './blocks.ts'
import { ChunkCipher, sealedChunkLength } from './chunk-cipher.ts'
import { decompress } from './compression.ts'
import type { StreamOptions } from './encrypt-stream.ts'
import { parseStreamHeader, type StreamHeader, streamHeaderLength } from './stream-header.ts'

export interface DecryptStreamOptions extends StreamOptions {
  /** Bytes of plaintext after which the stream is refused. Default: no bound of its own. */
  readonly maxLength?: number
}

/**
 * Decrypts what `encryptStream` made, in constant memory. Every chunk is given out once its tag has been verified; that the
 * stream is whole is known when the generator ends without an error, and not before. Do not act on a part.
 *
 * @throws `DECRYPTION_FAILED`, always the same, when anything differs: key, context, header, any bit, the order or number of
 * chunks, the end; `KEY_UNAVAILABLE` or `ERASED`; `LIMIT_EXCEEDED` past `maxLength`, and for compressed data that grows out
 * of proportion; whatever the source throws.
 */
export async function* decryptStream(
  source: ByteSource,
  options: DecryptStreamOptions,
): AsyncGenerator<Buffer, undefined> {
  const { maxLength = Infinity } = options
  const blocks = blocksOf(source, sealedChunkLength, streamHeaderLength)
  let cipher: ChunkCipher | undefined
  try {
    const header = await readHeader(blocks)
    cipher = await openCipher(options, header)
    const chunks = openChunks(blocks, cipher)
    let length = 0
    for await (const bytes of header.compression === 'GZIP' ? decompress(chunks) : chunks) {
      length += bytes.length
      if (length > maxLength) throw new GatewayError('LIMIT_EXCEEDED', { message: 'The stream is too long.' })
      yield bytes
    }
  } finally {
    cipher?.destroy()
    await blocks.return(undefined)
  }
}

/** {@link decryptStream} for bytes that are in memory: all of the plaintext, or none. */
export async function decryptBuffer(sealed: Uint8Array, options: DecryptStreamOptions): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of decryptStream([sealed], options)) parts.push(part)
  return Buffer.concat(parts)
}

/** {@link decryptStream} as a transform, for `pipe` and `pipeline`. It ends in an error unless the stream is whole. */
export function createDecryptTransform(options: DecryptStreamOptions): Duplex {
  return Duplex.from((source: AsyncIterable<Uint8Array>) => decryptStream(source, options))
}

async function readHeader(blocks: AsyncGenerator<Block, undefined>): Promise<StreamHeader> {
  const { value: first } = await blocks.next()
  if (first === undefined || first.last) throw new GatewayError('DECRYPTION_FAILED')
  return parseStreamHeader(first.bytes)
}

async function openCipher(
  { keys, tuple, context }: StreamOptions,
  { bytes, keyId }: StreamHeader,
): Promise<ChunkCipher> {
  const lease = keys.openLease()
  try {
    await lease.collectForRead([{ tuple, keyId }])
    return new ChunkCipher(lease.readKey(tuple, keyId), bytes, context)
  } finally {
    lease.release()
  }
}

async function* openChunks(
  blocks: AsyncGenerator<Block, undefined>,
  cipher: ChunkCipher,
): AsyncGenerator<Buffer> {
  let index = 0
  for await (const { bytes, last } of blocks) {
    yield cipher.open(index, last, bytes)
    index += 1
  }
}
