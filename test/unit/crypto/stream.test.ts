import { once } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from '@jest/globals'

import { DataKey } from '../../../src/crypto/data-key.ts'
import { KeyRing } from '../../../src/crypto/key-ring.ts'
import { createKeyTuple } from '../../../src/crypto/key-tuple.ts'
import { ChunkCipher } from '../../../src/crypto/stream/chunk-cipher.ts'
import {
  createDecryptTransform,
  decryptBuffer,
  decryptStream,
} from '../../../src/crypto/stream/decrypt-stream.ts'
import {
  createEncryptTransform,
  encryptBuffer,
  encryptStream,
  type EncryptStreamOptions,
} from '../../../src/crypto/stream/encrypt-stream.ts'
import { FakeKeyProvider } from '../../support/fake-key-provider.ts'
import { MemoryKeyStore } from '../../support/memory-key-store.ts'
import * as reference from '../../support/reference-stream.ts'
import { keysOfRoot } from '../../support/keys-of-root.ts'

const chunk = 65_536
const tuple = createKeyTuple({ tenant: 'acme', scope: 'SUBJECT', scopeId: 'ana' }, 'PII', 'REVEAL')
const decryptionFailed = expect.objectContaining({ code: 'DECRYPTION_FAILED' })
const limitExceeded = expect.objectContaining({ code: 'LIMIT_EXCEEDED' })

let store: MemoryKeyStore
let options: EncryptStreamOptions

beforeEach(() => {
  store = new MemoryKeyStore()
  options = { keys: new KeyRing({ store, provider: new FakeKeyProvider() }), tuple, context: ['file'] }
})

function pattern(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff))
}

/** What comes out before the end or the error, and the error. */
async function drain(
  source: AsyncIterable<Buffer>,
): Promise<{ readonly bytes: Buffer; readonly error: unknown }> {
  const parts: Buffer[] = []
  try {
    for await (const part of source) parts.push(part)
    return { bytes: Buffer.concat(parts), error: undefined }
  } catch (error) {
    return { bytes: Buffer.concat(parts), error }
  }
}

describe('a stream', () => {
  test.each([0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 17])(
    'of %i bytes comes back as it was, and is as long as the paper says',
    async (length) => {
      const plaintext = pattern(length)
      const sealed = await encryptBuffer(plaintext, options)
      expect(sealed.length).toBe(72 + length + 16 * Math.max(1, Math.ceil(length / chunk)))
      expect((await decryptBuffer(sealed, options)).equals(plaintext)).toBe(true)
    },
  )

  test('passes through transforms and pipes as through buffers', async () => {
    const plaintext = pattern(5 * chunk + 3)
    const opened: Buffer[] = []
    await pipeline(
      Readable.from([plaintext.subarray(0, 100_001), plaintext.subarray(100_001)]),
      createEncryptTransform(options),
      createDecryptTransform(options),
      async (source: AsyncIterable<Buffer>) => {
        for await (const part of source) opened.push(part)
      },
    )
    expect(Buffer.concat(opened).equals(plaintext)).toBe(true)
  })

  test('has another salt, key and bytes each time', async () => {
    const [one, other] = [
      await encryptBuffer(pattern(40), options),
      await encryptBuffer(pattern(40), options),
    ]
    expect(one.subarray(0, 40).equals(other.subarray(0, 40))).toBe(true)
    expect(one.subarray(40, 72).equals(other.subarray(40, 72))).toBe(false)
    expect(one.subarray(72).equals(other.subarray(72))).toBe(false)
  })

  test('does not open for another tuple, context or key, or once its key was erased', async () => {
    const sealed = await encryptBuffer(pattern(10), options)
    const other = createKeyTuple({ ...tuple.holder, scopeId: 'ben' }, 'PII', 'REVEAL')
    await encryptBuffer(pattern(10), { ...options, tuple: other })
    const asOther = { ...options, tuple: other }
    await expect(decryptBuffer(sealed, asOther)).rejects.toEqual(decryptionFailed)
    for (const context of [[], ['File'], ['file', ''], ['fi', 'le']]) {
      await expect(decryptBuffer(sealed, { ...options, context })).rejects.toEqual(decryptionFailed)
    }
    store.erase(tuple)
    options.keys.clear()
    await expect(decryptBuffer(sealed, options)).rejects.toMatchObject({ code: 'ERASED' })
  })

  test('opens under the key it was made with, after the tuple got another', async () => {
    const first = await encryptBuffer(pattern(10), options)
    store.alter(tuple, { state: 'compromised' })
    options.keys.clear()
    const second = await encryptBuffer(pattern(10), options)
    expect(first.subarray(8, 40).equals(second.subarray(8, 40))).toBe(false)
    expect((await decryptBuffer(first, options)).equals(pattern(10))).toBe(true)
  })

  test('is made of bytes: a string is refused', async () => {
    const text = Readable.from(['text'])
    expect(await drain(encryptStream(text, options))).toMatchObject({ error: { name: 'TypeError' } })
  })
})

describe('what comes out before a failure', () => {
  test('are the chunks before the first bad one, and nothing of that one', async () => {
    const plaintext = pattern(4 * chunk)
    const sealed = await encryptBuffer(plaintext, options)
    const third = 72 + 2 * (chunk + 16)
    sealed.writeUInt8(sealed.readUInt8(third) ^ 1, third)
    const { bytes, error } = await drain(decryptStream([sealed], options))
    expect(error).toEqual(decryptionFailed)
    expect(bytes.equals(plaintext.subarray(0, 2 * chunk))).toBe(true)
  })

  test('a stream that was cut off ends in an error, wherever it was cut', async () => {
    const sealed = await encryptBuffer(pattern(2 * chunk + 9), options)
    const cuts = [
      0,
      1,
      71,
      72,
      73,
      87,
      88,
      72 + chunk,
      72 + chunk + 16,
      72 + 2 * (chunk + 16),
      sealed.length - 1,
    ]
    for (const cut of cuts) {
      const { error } = await drain(decryptStream([sealed.subarray(0, cut)], options))
      expect({ cut, error }).toEqual({ cut, error: decryptionFailed })
    }
  })

  test('a whole buffer, or nothing', async () => {
    const sealed = await encryptBuffer(pattern(2 * chunk), options)
    await expect(decryptBuffer(sealed.subarray(0, -1), options)).rejects.toEqual(decryptionFailed)
  })

  test('chunks of two streams under one key cannot be mixed', async () => {
    const [one, other] = [
      await encryptBuffer(pattern(2 * chunk), options),
      await encryptBuffer(pattern(2 * chunk), options),
    ]
    const mixed = Buffer.concat([one.subarray(0, 72 + chunk + 16), other.subarray(72 + chunk + 16)])
    const { bytes, error } = await drain(decryptStream([mixed], options))
    expect(error).toEqual(decryptionFailed)
    expect(bytes.length).toBe(chunk)
  })

  test('an empty last chunk after others is refused, so that a plaintext has one stored form', async () => {
    const root = '11'.repeat(32)
    const keys = await keysOfRoot(root, tuple)
    const bytes = Buffer.from(root, 'hex')
    const salt = Buffer.alloc(32, 7)
    const whole = reference.encryptStream({ root: bytes, context: [] }, salt, 0, pattern(chunk + 1))
    const dataKey = DataKey.open(Buffer.from(bytes), whole.subarray(8, 40))
    const cipher = new ChunkCipher(dataKey, whole.subarray(0, 72), [])
    const forged = Buffer.concat([whole.subarray(0, 72 + chunk + 16), cipher.seal(1, true, Buffer.alloc(0))])
    await expect(decryptBuffer(forged, { keys, tuple, context: [] })).rejects.toEqual(decryptionFailed)
    expect((await decryptBuffer(whole, { keys, tuple, context: [] })).length).toBe(chunk + 1)
  })
})

describe('ends', () => {
  test('an error of the source is the error of the stream, and no last chunk is made', async () => {
    const failing = async function* () {
      yield pattern(chunk + 1)
      await Promise.reject(new Error('disk'))
    }
    const { bytes, error } = await drain(encryptStream(failing(), options))
    expect(error).toEqual(new Error('disk'))
    await expect(decryptBuffer(bytes, options)).rejects.toEqual(decryptionFailed)
  })

  test('a reader who leaves ends the source', async () => {
    const source = Readable.from([pattern(chunk), pattern(chunk), pattern(chunk)])
    for await (const part of encryptStream(source, options)) if (part.length > 72) break
    expect(source.destroyed).toBe(true)
  })

  test('a transform that is destroyed ends in its error', async () => {
    const transform = createEncryptTransform(options)
    transform.write(pattern(chunk + 1))
    await once(transform, 'readable')
    transform.destroy(new Error('enough'))
    const [error] = await once(transform, 'error')
    expect(error).toEqual(new Error('enough'))
  })

  test('an aborted pipeline leaves nothing that opens', async () => {
    const abort = new AbortController()
    const parts: Buffer[] = []
    const endless = async function* () {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        yield pattern(chunk)
      }
    }
    const sink = new Writable({
      write(part: Buffer, _encoding, done) {
        parts.push(part)
        if (parts.length === 3) abort.abort()
        done()
      },
    })
    const running = pipeline(Readable.from(endless()), createEncryptTransform(options), sink, {
      signal: abort.signal,
    })
    await expect(running).rejects.toMatchObject({ name: 'AbortError' })
    await expect(decryptBuffer(Buffer.concat(parts), options)).rejects.toEqual(decryptionFailed)
  })

  test('a slow reader stops the source', async () => {
    let drawn = 0
    const endless = function* () {
      for (;;) {
        drawn += 1
        yield pattern(chunk)
      }
    }
    const sink = new PassThrough()
    const running = pipeline(Readable.from(endless()), createEncryptTransform(options), sink)
    await once(sink, 'readable')
    for (let turns = 0; turns < 200; turns += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(drawn).toBeLessThan(100)
    sink.destroy()
    await expect(running).rejects.toThrow()
  })
})

describe('compression', () => {
  const text = Buffer.from('{"name":"Ana","city":"Madrid"}\n'.repeat(20_000))

  test('comes back as it was, and is asked for', async () => {
    const sealed = await encryptBuffer(text, { ...options, compression: 'GZIP' })
    expect(sealed.length).toBeLessThan(text.length / 50)
    expect((await decryptBuffer(sealed, options)).equals(text)).toBe(true)
    expect((await encryptBuffer(text, options)).length).toBeGreaterThan(text.length)
  })

  test('an empty stream stays empty', async () => {
    const sealed = await encryptBuffer(Buffer.alloc(0), { ...options, compression: 'GZIP' })
    expect((await decryptBuffer(sealed, options)).length).toBe(0)
  })

  /** Encrypts bytes as if they were the compressed form of something. */
  async function claimGzip(carried: Buffer): Promise<Buffer> {
    const root = '22'.repeat(32)
    options = { ...options, keys: await keysOfRoot(root, tuple) }
    const { context } = options
    return reference.encryptStream(
      { root: Buffer.from(root, 'hex'), context },
      Buffer.alloc(32, 3),
      1,
      carried,
    )
  }

  test('a bomb is refused before it has grown', async () => {
    const sealed = await claimGzip(gzipSync(Buffer.alloc(256 * 1024 * 1024)))
    const { bytes, error } = await drain(decryptStream([sealed], options))
    expect(error).toEqual(limitExceeded)
    expect(bytes.length).toBeLessThanOrEqual(64 * 1024 * 1024)
  })

  test('data that would be taken for a bomb is refused when it is encrypted', async () => {
    const zeros = Buffer.alloc(64 * 1024 * 1024)
    const compressed = encryptBuffer(zeros, { ...options, compression: 'GZIP' })
    await expect(compressed).rejects.toEqual(limitExceeded)
    expect((await decryptBuffer(await encryptBuffer(zeros, options), options)).length).toBe(zeros.length)
  })

  test('bytes that are no gzip, cut off, or followed by others do not decrypt', async () => {
    const whole = gzipSync(text)
    for (const carried of [pattern(100), whole.subarray(0, -9), Buffer.concat([whole, pattern(40)])]) {
      await expect(decryptBuffer(await claimGzip(carried), options)).rejects.toEqual(decryptionFailed)
    }
  })

  test('a bound of the caller holds, compressed or not', async () => {
    const maxLength = text.length
    for (const compression of ['GZIP', 'NONE'] as const) {
      const sealed = await encryptBuffer(text, { ...options, compression })
      expect((await decryptBuffer(sealed, { ...options, maxLength })).length).toBe(maxLength)
      await expect(decryptBuffer(sealed, { ...options, maxLength: maxLength - 1 })).rejects.toEqual(
        limitExceeded,
      )
    }
  })
})

describe('the cipher of chunks', () => {
  const cipher = new ChunkCipher(DataKey.create(), Buffer.alloc(72), [])

  test('refuses a number that the nonce cannot hold', () => {
    const last = cipher.seal(2 ** 32 - 1, true, pattern(3))
    expect(cipher.open(2 ** 32 - 1, true, last)).toEqual(pattern(3))
    expect(() => cipher.seal(2 ** 32, true, pattern(3))).toThrow(limitExceeded)
    expect(() => cipher.open(2 ** 32, true, last)).toThrow(decryptionFailed)
  })

  test('works no more once its key was zeroed', () => {
    const ended = new ChunkCipher(DataKey.create(), Buffer.alloc(72), [])
    const sealed = ended.seal(0, true, pattern(3))
    ended.destroy()
    expect(() => ended.seal(0, true, pattern(3))).toThrow(TypeError)
    expect(() => ended.open(0, true, sealed)).toThrow(TypeError)
  })
})
