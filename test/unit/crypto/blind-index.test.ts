import { describe, expect, test } from '@jest/globals'

import { BlindIndex, type BlindIndexOptions } from '../../../src/crypto/blind-index.ts'
import { DataKey } from '../../../src/crypto/data-key.ts'

const options: BlindIndexOptions = {
  tenant: 'acme',
  collection: 'customers',
  path: 'email',
  type: 'STRING',
  normalize: ['TRIM', 'LOWERCASE'],
}
const key = DataKey.create()
const index = new BlindIndex(options)

describe('a blind index', () => {
  test('gives values that are equal after normalisation one term of 32 bytes', () => {
    const term = index.term(key, 'ana@example.com')
    expect(term).toHaveLength(32)
    expect(index.term(key, ' Ana@Example.COM\n')).toEqual(term)
    expect(index.term(key, 'anna@example.com')).not.toEqual(term)
  })

  test.each<[string, Partial<BlindIndexOptions>]>([
    ['tenant', { tenant: 'acmf' }],
    ['collection', { collection: 'staff' }],
    ['path', { path: 'emails' }],
    ['normaliser', { normalize: ['LOWERCASE'] }],
    ['type', { type: 'ENUM' }],
  ])('gives the same value under another %s another term', (_name, change) => {
    expect(new BlindIndex({ ...options, ...change }).term(key, 'ana')).not.toEqual(index.term(key, 'ana'))
  })

  test('gives the same value under another key another term', () => {
    expect(index.term(DataKey.create(), 'ana')).not.toEqual(index.term(key, 'ana'))
  })

  test('does not care in which order the steps are written', () => {
    const other = new BlindIndex({ ...options, normalize: ['LOWERCASE', 'TRIM'] })
    expect(other.version).toBe(index.version)
    expect(other.term(key, ' Ana')).toEqual(index.term(key, ' Ana'))
  })

  test('says whether what a term found is what was looked for', () => {
    expect(index.matches(' ANA@example.com', 'ana@example.com')).toBe(true)
    expect(index.matches('ana@example.com', 'ann@example.com')).toBe(false)
  })

  test.each([
    ['ΟΔΟΣ', 'οδος'],
    ['ΟΔΟΣ ΟΔΟΣ', 'οδος οδοσ'],
  ])('lower-cases %s like %s, wherever the sigma stands', (one, other) => {
    expect(index.matches(one, other)).toBe(true)
  })

  test('treats composed, decomposed and full-width text alike under NFKC', () => {
    const composed = new BlindIndex({ ...options, normalize: ['NFKC'] })
    expect(composed.matches('Zoe\u0308', 'Zo\u00eb')).toBe(true)
    expect(composed.matches('ＡＢＣ', 'ABC')).toBe(true)
  })

  test('treats upper and lower case alike where only the lower one composes with its accent', () => {
    const folded = new BlindIndex({ ...options, normalize: ['NFKC', 'LOWERCASE'] })
    expect(folded.matches('H\u0331', '\u1e96')).toBe(true)
  })

  test('keeps digits of every script apart under DIGITS', () => {
    const digits = new BlindIndex({ ...options, normalize: ['DIGITS'] })
    expect(digits.matches('+34 (600) 11-22', '346001122')).toBe(true)
    expect(digits.matches('٤٢', '٤٣')).toBe(false)
  })

  test('compares numbers as they are', () => {
    const numbers = new BlindIndex({ ...options, type: 'INT' })
    expect(numbers.term(key, 7)).toEqual(numbers.term(key, 7))
    expect(numbers.term(key, 7)).not.toEqual(numbers.term(key, 8))
  })

  test('refuses characters whose form a later Unicode may change', () => {
    expect(() => index.term(key, 'a\u0378')).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
  })

  test('refuses values of another type', () => {
    expect(() => index.term(key, 7)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
  })
})
