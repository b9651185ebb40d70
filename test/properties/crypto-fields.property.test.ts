import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'

import { RowAddress } from '../../src/crypto/associated-data.ts'
import { BlindIndex } from '../../src/crypto/blind-index.ts'
import { DataKey } from '../../src/crypto/data-key.ts'
import { FieldCipher } from '../../src/crypto/field-cipher.ts'
import { createNormalizer, normalizeSteps } from '../../src/crypto/normalize.ts'

/** Few letters, so that parts of different addresses often look alike when they are joined. */
const part = fc.string({ unit: fc.constantFrom('a', 'b', '\u0000', '/', '\u0002'), maxLength: 3 })
const address = fc.record({
  purpose: fc.constantFrom('REVEAL' as const, 'MASK' as const),
  tenant: part,
  collection: part,
  path: part,
  subject: part,
  id: part,
  elements: fc.array(part, { maxLength: 3 }),
})
type Address = typeof address extends fc.Arbitrary<infer T> ? T : never
const suite = fc.constantFrom(1 as const, 2 as const, 3 as const)
const key = DataKey.create()

function cipherAt(place: Address, suiteId: 1 | 2 | 3): FieldCipher {
  return new FieldCipher({ ...place, type: 'STRING', suite: suiteId })
}

function rowAt({ subject, id, elements }: Address): RowAddress {
  return new RowAddress(subject, id, elements)
}

const decryptionFailed = expect.objectContaining({ code: 'DECRYPTION_FAILED' })

describe('a field ciphertext', () => {
  test('decrypts in its place', () => {
    fc.assert(
      fc.property(address, suite, fc.string({ unit: 'binary' }), (place, suiteId, value) => {
        const cipher = cipherAt(place, suiteId)
        expect(cipher.decrypt(key, rowAt(place), cipher.encrypt(key, rowAt(place), value))).toBe(value)
      }),
    )
  })

  test('decrypts in no other place', () => {
    fc.assert(
      fc.property(address, address, suite, (place, other, suiteId) => {
        fc.pre(JSON.stringify(place) !== JSON.stringify(other))
        const stored = cipherAt(place, suiteId).encrypt(key, rowAt(place), 'value')
        expect(() => cipherAt(other, suiteId).decrypt(key, rowAt(other), stored)).toThrow(decryptionFailed)
      }),
      { numRuns: 1_000 },
    )
  })

  test('decrypts with no byte changed, added or missing', () => {
    const place: Address = {
      purpose: 'REVEAL',
      tenant: 'a',
      collection: 'b',
      path: 'c',
      subject: 'd',
      id: 'e',
      elements: [],
    }
    fc.assert(
      fc.property(
        suite,
        fc.nat(),
        fc.nat(255),
        fc.constantFrom('change', 'add', 'remove'),
        (suiteId, n, byte, how) => {
          const cipher = cipherAt(place, suiteId)
          const stored = cipher.encrypt(key, rowAt(place), 'value')
          const at = n % stored.length
          fc.pre(how !== 'change' || stored.readUInt8(at) !== byte)
          const middle = how === 'remove' ? [] : [Buffer.of(byte)]
          const rest = stored.subarray(how === 'add' ? at : at + 1)
          const changed = Buffer.concat([stored.subarray(0, at), ...middle, rest])
          expect(() => cipher.decrypt(key, rowAt(place), changed)).toThrow(decryptionFailed)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('decrypts from no bytes of another origin', () => {
    const place: Address = {
      purpose: 'REVEAL',
      tenant: 'a',
      collection: 'b',
      path: 'c',
      subject: 'd',
      id: 'e',
      elements: [],
    }
    fc.assert(
      fc.property(suite, fc.uint8Array({ maxLength: 200 }), fc.boolean(), (suiteId, bytes, withHeader) => {
        const header = withHeader ? [Buffer.of(1, suiteId), key.keyId] : []
        const stored = Buffer.concat([...header, bytes])
        expect(() => cipherAt(place, suiteId).decrypt(key, rowAt(place), stored)).toThrow(decryptionFailed)
      }),
    )
  })
})

describe('normalisation', () => {
  const accented = fc.constantFrom('H', 'T', 'İ', 'Σ', 'ﬀ', '\u0331', '\u0308', '\u0316', '\u0345', ' ')
  const known = fc
    .oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ unit: accented, maxLength: 6 }))
    .filter((text) => !/\p{Cn}/u.test(text))

  test('of a normalised value changes nothing', () => {
    fc.assert(
      fc.property(known, fc.subarray([...normalizeSteps]), (text, steps) => {
        const { apply } = createNormalizer(steps)
        expect(apply(apply(text))).toBe(apply(text))
      }),
      { numRuns: 2_000 },
    )
  })

  test('gives two values one term exactly when they match', () => {
    const index = new BlindIndex({
      tenant: 't',
      collection: 'c',
      path: 'p',
      type: 'STRING',
      normalize: ['TRIM', 'LOWERCASE'],
    })
    const alike = fc.string({ unit: fc.constantFrom('a', 'A', ' ', 'ς', 'Σ'), maxLength: 3 })
    fc.assert(
      fc.property(alike, alike, (one, other) => {
        expect(index.term(key, one).equals(index.term(key, other))).toBe(index.matches(one, other))
      }),
      { numRuns: 1_000 },
    )
  })
})
