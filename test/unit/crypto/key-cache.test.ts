import { describe, expect, test } from '@jest/globals'

import { DataKey } from '../../../src/crypto/data-key.ts'
import { KeyCache } from '../../../src/crypto/key-cache.ts'
import { createKeyTuple } from '../../../src/crypto/key-tuple.ts'

const holder = { tenant: 'acme', scope: 'SUBJECT', scopeId: 'ana' } as const
const tuple = createKeyTuple(holder, 'PII', 'REVEAL')
const otherTuple = createKeyTuple({ ...holder, scopeId: 'ben' }, 'PII', 'REVEAL')

/** A key of which the cache holds the only pin. */
function putNew(cache: KeyCache, id: string): { readonly isZeroed: () => boolean } {
  const key = DataKey.create()
  const root = key.rootForWrapping()
  cache.put(id, tuple, key)
  key.release()
  return { isZeroed: () => root.equals(Buffer.alloc(32)) }
}

describe('the key cache', () => {
  test('gives out a key with a pin of its own', () => {
    const cache = new KeyCache({})
    const { isZeroed } = putNew(cache, 'a')
    const key = cache.take('a', tuple)
    cache.clear()
    expect(isZeroed()).toBe(false)
    expect(key?.subkey('index')).toHaveLength(32)
    key?.release()
    expect(isZeroed()).toBe(true)
  })

  test('gives a key out under its own id and tuple alone', () => {
    const cache = new KeyCache({})
    putNew(cache, 'a')
    expect(cache.take('b', tuple)).toBeUndefined()
    expect(cache.take('a', otherTuple)).toBeUndefined()
    expect(cache.take('a', tuple)).toBeInstanceOf(DataKey)
  })

  test('lets a key live its time, which use does not renew', () => {
    let now = 1
    const cache = new KeyCache({ ttl: 100, now: () => now })
    const { isZeroed } = putNew(cache, 'a')
    now = 90
    cache.take('a', tuple)?.release()
    now = 101
    cache.take('a', tuple)?.release()
    expect(isZeroed()).toBe(false)
    now = 102
    expect(cache.take('a', tuple)).toBeUndefined()
    expect(isZeroed()).toBe(true)
  })

  test('zeroes a key past its time though nobody asks for it', async () => {
    let now = 1
    const cache = new KeyCache({ ttl: 8, now: () => now })
    const { isZeroed } = putNew(cache, 'a')
    now = 100
    while (!isZeroed()) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(cache.take('a', tuple)).toBeUndefined()
  })

  test('gives a key out as often as it may be used', () => {
    const cache = new KeyCache({ maxUses: 2 })
    const { isZeroed } = putNew(cache, 'a')
    const pins = [cache.take('a', tuple), cache.take('a', tuple)]
    expect(pins.every((pin) => pin instanceof DataKey)).toBe(true)
    expect(cache.take('a', tuple)).toBeUndefined()
    for (const pin of pins) pin?.release()
    expect(isZeroed()).toBe(true)
  })

  test('drops what was not used for the longest time when it is full', () => {
    const cache = new KeyCache({ maxKeys: 2 })
    const first = putNew(cache, 'a')
    const second = putNew(cache, 'b')
    cache.take('a', tuple)?.release()
    putNew(cache, 'c')
    expect(first.isZeroed()).toBe(false)
    expect(second.isZeroed()).toBe(true)
  })

  test('replaces a key under the same name', () => {
    const cache = new KeyCache({})
    const { isZeroed } = putNew(cache, 'a')
    putNew(cache, 'a')
    expect(isZeroed()).toBe(true)
    expect(cache.take('a', tuple)).toBeInstanceOf(DataKey)
  })
})
