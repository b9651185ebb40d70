import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'

import { createKeyTuple } from '../../../src/crypto/key-tuple.ts'
import { decryptBuffer } from '../../../src/crypto/stream/decrypt-stream.ts'
import { encryptBuffer } from '../../../src/crypto/stream/encrypt-stream.ts'
import { keysOfRoot } from '../../support/keys-of-root.ts'
import { readVectors } from '../../support/read-vectors.ts'
import * as reference from '../../support/reference-stream.ts'

interface StreamVector {
  readonly title: string
  readonly root: string
  readonly salt: string
  readonly context: readonly string[]
  readonly compression: 'NONE' | 'GZIP'
  /** With compression: what was encrypted. */
  readonly compressed?: string
  readonly plaintext: { readonly text: string } | { readonly shake256: string; readonly length: number }
  /** Or, of a long one, length and hash. */
  readonly stored?: string
  readonly storedLength?: number
  readonly storedSha256?: string
}

const { streams } = readVectors('stream-v1.json') as { readonly streams: readonly StreamVector[] }
const tuple = createKeyTuple({ tenant: 'acme', scope: 'TENANT', scopeId: '' }, 'PII', 'REVEAL')

function plaintextOf({ plaintext }: StreamVector): Buffer {
  if ('text' in plaintext) return Buffer.from(plaintext.text)
  return createHash('shake256', { outputLength: plaintext.length }).update(plaintext.shake256).digest()
}

/** The stored bytes, made again by the reference implementation, which has to meet the vector. */
function storedOf(vector: StreamVector): Buffer {
  const carried =
    vector.compressed === undefined ? plaintextOf(vector) : Buffer.from(vector.compressed, 'hex')
  const { context, compression } = vector
  const [root, salt] = [Buffer.from(vector.root, 'hex'), Buffer.from(vector.salt, 'hex')]
  return reference.encryptStream({ root, context }, salt, compression === 'GZIP' ? 1 : 0, carried)
}

describe('stream format v1 stays what it is', () => {
  test.each(streams)('$title: the reference implementation agrees with the vector', (vector) => {
    const stored = storedOf(vector)
    if (vector.stored !== undefined) expect(stored.toString('hex')).toBe(vector.stored)
    else {
      expect(stored.length).toBe(vector.storedLength)
      expect(createHash('sha256').update(stored).digest('hex')).toBe(vector.storedSha256)
    }
  })

  test.each(streams)('$title: the frozen stream decrypts', async (vector) => {
    const keys = await keysOfRoot(vector.root, tuple)
    const opened = await decryptBuffer(storedOf(vector), { keys, tuple, context: vector.context })
    expect(opened.equals(plaintextOf(vector))).toBe(true)
  })

  test.each(streams.filter(({ compression }) => compression === 'NONE'))(
    '$title: a new stream is the frozen one but for its salt',
    async (vector) => {
      const keys = await keysOfRoot(vector.root, tuple)
      const { context } = vector
      const stored = await encryptBuffer(plaintextOf(vector), { keys, tuple, context })
      const salt = stored.subarray(40, 72)
      expect(salt.toString('hex')).not.toBe(vector.salt)
      const root = Buffer.from(vector.root, 'hex')
      const again = reference.encryptStream({ root, context }, salt, 0, plaintextOf(vector))
      expect(stored.equals(again)).toBe(true)
    },
  )

  test('any chunk can be read alone', async () => {
    const vector = streams.find(({ title }) => title === '200000 bytes')
    if (vector === undefined) throw new TypeError('unreachable')
    const keys = await keysOfRoot(vector.root, tuple)
    const { context } = vector
    const plaintext = plaintextOf(vector)
    const stored = await encryptBuffer(plaintext, { keys, tuple, context })
    const root = Buffer.from(vector.root, 'hex')
    for (const index of [3, 1, 0, 2]) {
      const chunk = reference.decryptChunk({ root, context }, stored, index)
      expect(chunk.equals(plaintext.subarray(index * 65_536, (index + 1) * 65_536))).toBe(true)
    }
  })
})
