import { describe, expect, test } from '@jest/globals'

import { keyIdOf, parseCiphertext } from '../../../src/crypto/ciphertext.ts'

const shortest = Buffer.concat([Buffer.of(1, 1), Buffer.alloc(32, 0xab), Buffer.alloc(12 + 5 + 16)])
const undecodable = expect.objectContaining({ code: 'DECRYPTION_FAILED' })

function withByte(at: number, byte: number): Buffer {
  const changed = Buffer.from(shortest)
  changed.writeUInt8(byte, at)
  return changed
}

describe('a stored form', () => {
  test('is taken apart without copies', () => {
    const { suite, bytes, bodyStart, tagStart } = parseCiphertext(shortest)
    expect(suite.name).toBe('AES-256-GCM')
    expect([bodyStart, tagStart]).toEqual([34 + 12, 34 + 12 + 5])
    expect(bytes).toBe(shortest)
  })

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['version 0', withByte(0, 0)],
    ['version 2', withByte(0, 2)],
    ['suite 0', withByte(1, 0)],
    ['suite 4', withByte(1, 4)],
    ['suite 255', withByte(1, 255)],
    ['a byte too few', shortest.subarray(0, -1)],
    ['the length of another suite', withByte(1, 2)],
    ['more than the limit', Buffer.concat([shortest, Buffer.alloc(8 * 1024 * 1024)])],
  ])('is refused with %s', (_name, bytes) => {
    expect(() => parseCiphertext(bytes)).toThrow(undecodable)
  })

  test('names its key, unless it has no header of this format', () => {
    expect(keyIdOf(shortest)).toBe('ab'.repeat(32))
    expect(keyIdOf(shortest.subarray(0, 33))).toBeUndefined()
    expect(keyIdOf(withByte(0, 2))).toBeUndefined()
  })
})
