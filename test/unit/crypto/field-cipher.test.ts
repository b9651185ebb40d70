import { describe, expect, test } from '@jest/globals'

import { RowAddress } from '../../../src/crypto/associated-data.ts'
import { keyIdOf } from '../../../src/crypto/ciphertext.ts'
import { DataKey } from '../../../src/crypto/data-key.ts'
import { FieldCipher, type FieldCipherOptions } from '../../../src/crypto/field-cipher.ts'
import { GatewayError } from '../../../src/errors.ts'
import { encodeItem, encrypt, pad } from '../../support/reference-ciphertext.ts'

const field: FieldCipherOptions = {
  purpose: 'REVEAL',
  tenant: 'acme',
  collection: 'customers',
  path: 'cards.number',
  type: 'STRING',
  suite: 1,
}
const cipher = new FieldCipher(field)
const row = new RowAddress('ana', 'customer-1', ['card-1', 'detail-2'])
const value = '4111111111111111'

function failureOf(run: () => unknown): unknown {
  try {
    return { returned: run() }
  } catch (error) {
    return error
  }
}

/** One error for everything: code, message and nothing else. */
function expectDecryptionFailed(run: () => unknown): void {
  const error = failureOf(run)
  expect(error).toBeInstanceOf(GatewayError)
  expect(error).toMatchObject({
    code: 'DECRYPTION_FAILED',
    message: 'The stored value could not be decrypted.',
  })
  expect(error).not.toHaveProperty('cause')
}

describe.each([1, 2, 3] as const)('a field ciphertext of suite %d', (suite) => {
  const ours = new FieldCipher({ ...field, suite })
  const key = DataKey.create()
  const stored = ours.encrypt(key, row, value)

  test('decrypts to its value', () => {
    expect(ours.decrypt(key, row, stored)).toBe(value)
  })

  test('decrypts from any view of its bytes', () => {
    const view = new Uint8Array(stored.length + 7)
    view.set(stored, 7)
    expect(ours.decrypt(key, row, view.subarray(7))).toBe(value)
  })

  test('decrypts where another suite is configured by now', () => {
    expect(new FieldCipher({ ...field, suite: 1 }).decrypt(key, row, stored)).toBe(value)
  })

  test('is another one each time', () => {
    expect(ours.encrypt(key, row, value)).not.toEqual(stored)
  })

  test('names its key', () => {
    expect(keyIdOf(stored)).toBe(key.keyId.toString('hex'))
  })

  test('fails when any bit is flipped', () => {
    for (let bit = 0; bit < stored.length * 8; bit += 1) {
      const changed = Buffer.from(stored)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expectDecryptionFailed(() => ours.decrypt(key, row, changed))
    }
  })

  test('fails when it is cut anywhere, or longer', () => {
    for (let length = 0; length < stored.length; length += 1) {
      expectDecryptionFailed(() => ours.decrypt(key, row, stored.subarray(0, length)))
    }
    expectDecryptionFailed(() => ours.decrypt(key, row, Buffer.concat([stored, Buffer.alloc(1)])))
  })
})

describe('a ciphertext copied elsewhere does not decrypt', () => {
  const key = DataKey.create()
  const stored = cipher.encrypt(key, row, value)

  test.each<[string, Partial<FieldCipherOptions>]>([
    ['another field', { path: 'cards.holder' }],
    ['another collection', { collection: 'accounts' }],
    ['another tenant', { tenant: 'acmf' }],
    ['another purpose', { purpose: 'MASK' }],
  ])('to %s', (_place, change) => {
    expectDecryptionFailed(() => new FieldCipher({ ...field, ...change }).decrypt(key, row, stored))
  })

  test.each<[string, RowAddress]>([
    ['another document', new RowAddress('ana', 'customer-2', ['card-1', 'detail-2'])],
    ['another subject', new RowAddress('ann', 'customer-1', ['card-1', 'detail-2'])],
    ['another element of the list', new RowAddress('ana', 'customer-1', ['card-1', 'detail-3'])],
    ['another parent element', new RowAddress('ana', 'customer-1', ['card-2', 'detail-2'])],
    ['elements in another order', new RowAddress('ana', 'customer-1', ['detail-2', 'card-1'])],
    ['a place without elements', new RowAddress('ana', 'customer-1')],
    ['a deeper place', new RowAddress('ana', 'customer-1', ['card-1', 'detail-2', 'x'])],
    [
      'a place whose ids only look the same joined',
      new RowAddress('ana', 'customer-1card-1', ['', 'detail-2']),
    ],
  ])('to %s', (_place, elsewhere) => {
    expectDecryptionFailed(() => cipher.decrypt(key, elsewhere, stored))
  })

  test('under a header of another version', () => {
    const changed = Buffer.from(stored)
    changed.writeUInt8(2, 0)
    expectDecryptionFailed(() => cipher.decrypt(key, row, changed))
  })

  test('under the key id of another key', () => {
    const other = DataKey.create()
    expectDecryptionFailed(() => cipher.decrypt(other, row, stored))
    const changed = Buffer.from(stored)
    changed.set(other.keyId, 2)
    expectDecryptionFailed(() => cipher.decrypt(other, row, changed))
    expectDecryptionFailed(() => cipher.decrypt(key, row, changed))
  })

  test('when it was made under a key that it does not name', () => {
    const place = { ...field, subject: 'ana', id: 'customer-1', elements: ['card-1', 'detail-2'] }
    const padded = pad(encodeItem({ tag: 0x01, text: value }))
    const forge = (keyId?: Buffer): Buffer =>
      encrypt(key.rootForWrapping(), 1, Buffer.alloc(12), place, padded, keyId)
    expect(cipher.decrypt(key, row, forge())).toBe(value)
    expectDecryptionFailed(() => cipher.decrypt(key, row, forge(DataKey.create().keyId)))
  })
})

describe('a field cipher', () => {
  const key = DataKey.create()

  test.each<[string, Partial<FieldCipherOptions>]>([
    ['an enum', { type: 'ENUM' }],
    ['a number', { type: 'INT' }],
    ['a list', { type: { listOf: 'STRING' } }],
    ['JSON', { type: 'JSON' }],
  ])('does not read a string as %s', (_type, change) => {
    const stored = cipher.encrypt(key, row, value)
    expectDecryptionFailed(() => new FieldCipher({ ...field, ...change }).decrypt(key, row, stored))
  })

  test('hides the length of short values, and shows it where padding is off', () => {
    const lengthOf = (padding: 'BUCKETS' | 'NONE', text: string): number =>
      new FieldCipher({ ...field, padding }).encrypt(key, row, text).length
    expect(lengthOf('BUCKETS', '')).toBe(lengthOf('BUCKETS', 'x'.repeat(59)))
    expect(lengthOf('NONE', 'x'.repeat(59)) - lengthOf('NONE', '')).toBe(59)
  })

  test('uses a released key for nothing', () => {
    const released = DataKey.create()
    const stored = cipher.encrypt(released, row, value)
    released.release()
    expect(() => cipher.encrypt(released, row, value)).toThrow(TypeError)
    expect(() => cipher.decrypt(released, row, stored)).toThrow(TypeError)
  })

  test('says nothing of a value that does not fit', () => {
    const error = failureOf(() => new FieldCipher({ ...field, type: 'INT' }).encrypt(key, row, value))
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT' })
    expect(JSON.stringify(error) + String(error)).not.toContain(value)
  })

  test('draws nonces that do not repeat', () => {
    const nonces = new Set<string>()
    for (let i = 0; i < 5_000; i += 1) nonces.add(cipher.encrypt(key, row, value).toString('hex', 34, 46))
    expect(nonces.size).toBe(5_000)
  })
})
