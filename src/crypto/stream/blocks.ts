import { types } from 'node:util'

/** Bytes in pieces of any size, such as a `Readable`, an array of Buffers, or what a generator yields. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export interface Block {
  /** Valid until the next block is asked for: the memory is used again. */
  readonly bytes: Buffer
  readonly last: boolean
}

/**
 * Cuts a source into blocks of one length, the first perhaps of another, the last as long as what is left. Whether a block
 * is the last is known because it is held back until another byte, or the end, has come. Memory: one block.
 */
export async function* blocksOf(
  source: ByteSource,
  length: number,
  firstLength = length,
): AsyncGenerator<Block, undefined> {
  const memory = Buffer.allocUnsafeSlow(Math.max(length, firstLength))
  let wanted = firstLength
  let used = 0
  try {
    for await (const piece of source) {
      assertBytes(piece)
      for (let at = 0; at < piece.length;) {
        if (used === wanted) {
          yield { bytes: memory.subarray(0, used), last: false }
          wanted = length
          used = 0
        }
        const taken = piece.subarray(at, at + wanted - used)
        memory.set(taken, used)
        used += taken.length
        at += taken.length
      }
    }
    yield { bytes: memory.subarray(0, used), last: true }
  } finally {
    memory.fill(0)
  }
}

/** A string would be encrypted in an encoding that nobody chose. */
function assertBytes(piece: unknown): asserts piece is Uint8Array {
  if (!types.isUint8Array(piece)) throw new TypeError('A stream to encrypt or decrypt is made of bytes.')
}
