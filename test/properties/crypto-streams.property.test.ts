import { randomBytes } from 'node:crypto'

import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'

import { KeyRing } from '../../src/crypto/key-ring.ts'
import { createKeyTuple } from '../../src/crypto/key-tuple.ts'
import { decryptStream } from '../../src/crypto/stream/decrypt-stream.ts'
import { encryptBuffer, encryptStream } from '../../src/crypto/stream/encrypt-stream.ts'
import { FakeKeyProvider } from '../support/fake-key-provider.ts'
import { MemoryKeyStore } from '../support/memory-key-store.ts'

const [header, chunk, sealedChunk] = [72, 65_536, 65_552]
const tuple = createKeyTuple({ tenant: 'acme', scope: 'TENANT', scopeId: '' }, 'PII', 'REVEAL')
const keys = new KeyRing({ store: new MemoryKeyStore(), provider: new FakeKeyProvider() })
const options = { keys, tuple, context: ['file'] }
const plaintext = randomBytes(3 * chunk + 1_000)
const sealed = await encryptBuffer(plaintext, options)
const chunks = [0, 1, 2, 3].map((index) => {
  const start = header + index * sealedChunk
  return sealed.subarray(start, start + sealedChunk)
})
const context = fc.array(fc.string({ unit: fc.constantFrom('a', '\u0000', '/'), maxLength: 3 }), {
  maxLength: 3,
})

/** Lengths around the ends of chunks, and others. */
const length = fc.oneof(
  fc
    .tuple(fc.nat(3), fc.integer({ min: -2, max: 2 }))
    .map(([whole, more]) => Math.max(0, whole * chunk + more)),
  fc.nat(4 * chunk),
)

/** Cuts bytes at the given places. */
function* pieces(bytes: Buffer, cuts: readonly number[]): Generator<Buffer> {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  for (const [index, start] of places.entries()) yield bytes.subarray(start, places[index + 1] ?? start)
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

/** It must fail, and what it gave out before must be a beginning of the plaintext. */
async function expectRefused(altered: Buffer): Promise<void> {
  const parts: Buffer[] = []
  const reading = async (): Promise<void> => {
    for await (const part of decryptStream([altered], options)) parts.push(part)
  }
  await expect(reading()).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' })
  const given = Buffer.concat(parts)
  expect(given.equals(plaintext.subarray(0, given.length))).toBe(true)
  expect(given.length).toBeLessThan(plaintext.length)
}

describe('a stream of any length, cut into any pieces', () => {
  test('opens to what it was, whatever the pieces were on either side', async () => {
    const cuts = fc.array(fc.nat(), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(length, cuts, cuts, fc.boolean(), async (bytes, before, after, zip) => {
        const original = randomBytes(bytes)
        const compression = zip ? 'GZIP' : 'NONE'
        const stored = await collect(encryptStream(pieces(original, before), { ...options, compression }))
        const opened = await collect(decryptStream(pieces(stored, after), options))
        expect(opened.equals(original)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test('opens under its context alone', async () => {
    await fc.assert(
      fc.asyncProperty(context, context, async (own, other) => {
        fc.pre(JSON.stringify(own) !== JSON.stringify(other))
        const stored = await encryptBuffer(Buffer.from('value'), { ...options, context: own })
        const reading = collect(decryptStream([stored], { ...options, context: other }))
        await expect(reading).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' })
      }),
    )
  })
})

describe('an altered stream fails, and gives out nothing that was not written', () => {
  test('any bit of the header, flipped', async () => {
    for (let bit = 0; bit < header * 8; bit += 1) {
      const altered = Buffer.from(sealed.subarray(0, header + sealedChunk))
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      await expectRefused(altered)
    }
  })

  test('any bit of any chunk, flipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: header, max: sealed.length - 1 }), fc.nat(7), async (at, bit) => {
        const altered = Buffer.from(sealed)
        altered.writeUInt8(altered.readUInt8(at) ^ (1 << bit), at)
        await expectRefused(altered)
      }),
    )
  })

  test('any other order, repetition or choice of its chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 6 }), async (order) => {
        fc.pre(order.join() !== '0,1,2,3')
        const chosen = order.map((index) => chunks[index] ?? Buffer.alloc(0))
        await expectRefused(Buffer.concat([sealed.subarray(0, header), ...chosen]))
      }),
    )
  })

  test('any beginning of it, and any bytes behind it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), async (end) => {
        await expectRefused(sealed.subarray(0, end))
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: sealedChunk }), async (behind) => {
        await expectRefused(Buffer.concat([sealed, behind]))
      }),
    )
  })

  test('any bytes removed from, or put into, the middle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 70_000 }), async (at, count) => {
        await expectRefused(Buffer.concat([sealed.subarray(0, at), sealed.subarray(at + count)]))
        await expectRefused(Buffer.concat([sealed.subarray(0, at), randomBytes(count), sealed.subarray(at)]))
      }),
      { numRuns: 50 },
    )
  })
})
