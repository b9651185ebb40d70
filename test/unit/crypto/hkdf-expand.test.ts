import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'

import { hkdfExpand } from '../../../src/crypto/hkdf-expand.ts'
import { readVectors } from '../../support/read-vectors.ts'

interface HkdfVectors {
  readonly tests: readonly {
    readonly tcId: number
    readonly ikm: string
    readonly salt: string
    readonly info: string
    readonly okm: string
  }[]
}

const { tests } = readVectors('wycheproof-hkdf-sha256.json') as HkdfVectors

describe('HKDF-Expand agrees with RFC 5869 and Wycheproof in its first block', () => {
  // What comes before it, HKDF-Extract, is done here.
  test.each(tests)('vector $tcId', ({ ikm, salt, info, okm }) => {
    const prk = createHmac('sha256', Buffer.from(salt, 'hex')).update(Buffer.from(ikm, 'hex')).digest()
    const block = hkdfExpand(prk, Buffer.from(info, 'hex')).toString('hex')
    const shared = Math.min(block.length, okm.length)
    expect(shared).toBeGreaterThan(0)
    expect(block.slice(0, shared)).toBe(okm.slice(0, shared))
  })

  test.each([
    [
      'A.1',
      '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5',
      'f0f1f2f3f4f5f6f7f8f9',
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf',
    ],
    [
      'A.3',
      '19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04',
      '',
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d',
    ],
  ])('RFC 5869 %s, from its pseudorandom key', (_name, prk, info, okm) => {
    expect(hkdfExpand(Buffer.from(prk, 'hex'), Buffer.from(info, 'hex')).toString('hex')).toBe(okm)
  })

  test('the output is no slice of a shared pool', () => {
    expect(hkdfExpand(Buffer.alloc(32, 1), 'x').buffer.byteLength).toBe(32)
  })
})
