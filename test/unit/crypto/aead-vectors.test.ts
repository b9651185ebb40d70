import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'

import { aesGcm, chacha20Poly1305, xaesGcm, type Aead } from '../../../src/crypto/aead.ts'
import { readVectors } from '../../support/read-vectors.ts'

interface AeadVectors {
  readonly tests: readonly {
    readonly tcId: number
    readonly key: string
    readonly iv: string
    readonly aad: string
    readonly msg: string
    readonly ct: string
    readonly tag: string
    readonly result: 'valid' | 'invalid'
  }[]
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

function seal(aead: Aead, key: Buffer, nonce: Buffer, aad: Buffer, plaintext: Buffer): Buffer {
  const out = Buffer.alloc(plaintext.length + 16)
  aead.seal(key, nonce, aad, plaintext, out, 0)
  return out
}

describe.each([
  ['AES-256-GCM', aesGcm, 'wycheproof-aes-256-gcm.json', 66],
  ['ChaCha20-Poly1305', chacha20Poly1305, 'wycheproof-chacha20-poly1305.json', 316],
] as const)('%s agrees with Wycheproof', (_name, aead, file, count) => {
  const { tests } = readVectors(file) as AeadVectors
  const valid = tests.filter(({ result }) => result === 'valid')
  const invalid = tests.filter(({ result }) => result === 'invalid')

  test('all vectors of 256-bit keys, 96-bit nonces and 128-bit tags are here, of both kinds', () => {
    expect(tests).toHaveLength(count)
    expect(valid.length).toBeGreaterThan(30)
    expect(invalid.length).toBeGreaterThan(20)
  })

  test.each(valid)('vector $tcId seals to its ciphertext and opens to its message', (vector) => {
    const [key, nonce, aad, message] = [hex(vector.key), hex(vector.iv), hex(vector.aad), hex(vector.msg)]
    expect(seal(aead, key, nonce, aad, message).toString('hex')).toBe(vector.ct + vector.tag)
    expect(aead.open(key, nonce, aad, hex(vector.ct), hex(vector.tag)).toString('hex')).toBe(vector.msg)
  })

  test.each(invalid)('vector $tcId does not open', (vector) => {
    expect(() =>
      aead.open(hex(vector.key), hex(vector.iv), hex(vector.aad), hex(vector.ct), hex(vector.tag)),
    ).toThrow()
  })
})

describe('XAES-256-GCM agrees with its specification', () => {
  const nonce = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX')
  const message = Buffer.from('XAES-256-GCM')

  test.each([
    ['without a carry', 1, '', 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271'],
    ['with a carry', 3, 'c2sp.org/XAES-256-GCM', '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d'],
  ])('the vector %s', (_name, byte, aad, ciphertext) => {
    const key = Buffer.alloc(32, byte)
    const sealed = seal(xaesGcm, key, nonce, Buffer.from(aad), message)
    expect(sealed.toString('hex')).toBe(ciphertext)
    expect(xaesGcm.open(key, nonce, Buffer.from(aad), sealed.subarray(0, -16), sealed.subarray(-16))).toEqual(
      message,
    )
  })

  test('the accumulated vector of 10,000 random messages', () => {
    // At most 568 bytes a message.
    const stream = createHash('shake128', { outputLength: 568 * 10_000 }).digest()
    const all = createHash('shake128', { outputLength: 32 })
    let at = 0
    const take = (length: number): Buffer => stream.subarray(at, (at += length))
    for (let i = 0; i < 10_000; i += 1) {
      const [key, drawn] = [take(32), take(24)]
      const plaintext = take(take(1).readUInt8())
      const aad = take(take(1).readUInt8())
      all.update(seal(xaesGcm, key, drawn, aad, plaintext))
    }
    expect(all.digest('hex')).toBe('e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939')
  })
})
