import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'

import { DataKey } from '../../../src/crypto/data-key.ts'

describe('a data key', () => {
  test('opens from its root and its key id', () => {
    const created = DataKey.create()
    const opened = DataKey.open(Buffer.from(created.rootForWrapping()), created.keyId)
    expect(opened.keyId).toEqual(created.keyId)
    expect(opened.subkey('index')).toEqual(created.subkey('index'))
  })

  test('is another one each time', () => {
    expect(DataKey.create().keyId).not.toEqual(DataKey.create().keyId)
  })

  test('has different bytes for each use', () => {
    const key = DataKey.create()
    const labels = [
      'encrypt/aes-256-gcm',
      'encrypt/xaes-256-gcm',
      'encrypt/chacha20-poly1305',
      'index',
      'commit',
    ] as const
    const bytes = [key.rootForWrapping(), ...labels.map((label) => key.subkey(label))]
    expect(new Set(bytes.map((each) => each.toString('hex'))).size).toBe(6)
  })

  test.each([
    ['another key id', (keyId: Buffer) => Buffer.from(keyId).fill(0, 31)],
    ['a shorter key id', (keyId: Buffer) => keyId.subarray(0, 31)],
    ['no key id', () => Buffer.alloc(0)],
  ])('does not open with %s, and its root is zeroed', (_name, alter) => {
    const key = DataKey.create()
    const root = Buffer.from(key.rootForWrapping())
    expect(() => DataKey.open(root, alter(key.keyId))).toThrow(
      expect.objectContaining({ code: 'DECRYPTION_FAILED' }),
    )
    expect(root).toEqual(Buffer.alloc(32))
  })

  test('does not open from a root of another length', () => {
    const { keyId } = DataKey.create()
    expect(() => DataKey.open(Buffer.alloc(16), keyId)).toThrow(
      expect.objectContaining({ code: 'DECRYPTION_FAILED' }),
    )
  })

  test('keeps its bytes out of shared pools', () => {
    const key = DataKey.create()
    expect(key.rootForWrapping().buffer.byteLength).toBe(32)
    expect(key.subkey('index').buffer.byteLength).toBe(32)
  })

  test('is zeroed at the last release, not before', () => {
    const key = DataKey.create()
    const bytes = [key.rootForWrapping(), key.subkey('index'), key.subkey('encrypt/aes-256-gcm')]
    key.retain().release()
    expect(bytes.some((each) => each.equals(Buffer.alloc(32)))).toBe(false)
    key.release()
    expect(bytes.every((each) => each.equals(Buffer.alloc(32)))).toBe(true)
  })

  test.each<[string, (key: DataKey) => unknown]>([
    ['subkey', (key) => key.subkey('index')],
    ['rootForWrapping', (key) => key.rootForWrapping()],
    ['retain', (key) => key.retain()],
    [
      'release',
      (key) => {
        key.release()
      },
    ],
  ])('throws on %s once released', (_name, use) => {
    const key = DataKey.create()
    key.subkey('index')
    key.release()
    expect(() => use(key)).toThrow(TypeError)
  })

  test('shows nothing of itself', () => {
    const key = DataKey.create()
    key.subkey('index')
    const shown = [
      String(key),
      JSON.stringify({ key }),
      inspect(key),
      inspect({ nested: [key] }, { showHidden: true, depth: 9 }),
      inspect(key, { customInspect: false, showHidden: true }),
    ].join()
    expect(shown).toContain('[DataKey]')
    for (const encoding of ['hex', 'base64', 'latin1'] as const) {
      expect(shown).not.toContain(key.rootForWrapping().toString(encoding).slice(0, 16))
    }
    expect(shown).not.toContain(inspect(key.rootForWrapping()).slice(8, 30))
  })
})
