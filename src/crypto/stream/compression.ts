import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip, type Gunzip, type Gzip } from 'node:zlib'
import { GatewayError } from '../../errors.ts'
import type { ByteSource } from './blocks.ts'

/** Plaintext may be so many times longer than what it was compressed to, once it is longer than the allowance. */
const maxRatio = 200
const allowance = 16 * 1024 * 1024
const sliceLength = 64 * 1024

/**
 * Compresses by gzip.
 *
 * @throws `LIMIT_EXCEEDED` for what {@link decompress} would refuse, so that whatever was encrypted opens again.
 */
export async function* compress(source: ByteSource): AsyncGenerator<Buffer> {
  const gzip = createGzip()
  let produced = 0
  let consumed = 0
  const slices = slicesOf(source, (length) => {
    consumed += length
    if (!isAllowed(consumed, produced)) throw compressesTooWell()
  })
  for await (const bytes of through(slices, gzip)) {
    produced += bytes.length
    yield bytes
  }
}

/**
 * Undoes {@link compress}, as far as the ratio of lengths is one that data has and a bomb has not.
 *
 * @throws `LIMIT_EXCEEDED` otherwise; `DECRYPTION_FAILED` when the bytes are no gzip, cut off, or followed by others.
 */
export async function* decompress(source: ByteSource): AsyncGenerator<Buffer> {
  const gunzip = createGunzip()
  let consumed = 0
  let produced = 0
  const slices = slicesOf(source, (length) => {
    consumed += length
  })
  try {
    for await (const bytes of through(slices, gunzip)) {
      produced += bytes.length
      if (!isAllowed(produced, consumed)) throw compressesTooWell()
      yield bytes
    }
  } catch (error) {
    throw isZlibError(error) ? new GatewayError('DECRYPTION_FAILED') : error
  }
  if (gunzip.bytesWritten !== consumed) throw new GatewayError('DECRYPTION_FAILED')
}

/** Feeds a source to a transform as fast as its output is taken. An error at either end, or leaving, ends both. */
async function* through(source: ByteSource, transform: Gzip | Gunzip): AsyncGenerator<Buffer> {
  const fed = pipeline(source, transform)
  // What fails the feeding fails the output too, where it is thrown.
  fed.catch(() => undefined)
  yield* transform as AsyncIterable<Buffer>
  await fed
}

/** In small pieces, so that counts of what went in and what came out belong together. */
async function* slicesOf(source: ByteSource, count: (length: number) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    for (let at = 0; at < piece.length; at += sliceLength) {
      const slice = piece.subarray(at, at + sliceLength)
      count(slice.length)
      yield slice
    }
  }
}

function isAllowed(plainLength: number, compressedLength: number): boolean {
  return plainLength <= Math.max(allowance, maxRatio * compressedLength)
}

function compressesTooWell(): GatewayError {
  const message = `The data is more than ${maxRatio} times as long as its compressed form, which is not opened.`
  return new GatewayError('LIMIT_EXCEEDED', { message })
}

function isZlibError(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' && code.startsWith('Z_')
}
