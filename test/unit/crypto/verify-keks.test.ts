import { beforeEach, describe, expect, test } from '@jest/globals'

import type { Kek } from '../../../src/crypto/key-provider.ts'
import { KeyRing } from '../../../src/crypto/key-ring.ts'
import { createKeyTuple } from '../../../src/crypto/key-tuple.ts'
import { verifyKeks } from '../../../src/crypto/verify-keks.ts'
import { FakeKeyProvider } from '../../support/fake-key-provider.ts'
import { MemoryKeyStore } from '../../support/memory-key-store.ts'

const keks: readonly Kek[] = [
  { keyType: 'PII', purpose: 'REVEAL' },
  { keyType: 'PII', purpose: 'MASK' },
]
const coded = (code: string): unknown => expect.objectContaining({ code })
let store: MemoryKeyStore
let provider: FakeKeyProvider

beforeEach(() => {
  store = new MemoryKeyStore()
  provider = new FakeKeyProvider()
})

async function createKey(): Promise<void> {
  const lease = new KeyRing({ store, provider }).openLease()
  const holder = { tenant: 'acme', scope: 'SUBJECT', scopeId: 'ana' } as const
  await lease.collectForWrite([createKeyTuple(holder, 'PII', 'REVEAL')])
  lease.release()
}

describe('verifying KEKs', () => {
  test('makes a canary for each at the first start, and opens it at the next', async () => {
    await verifyKeks(provider, store, keks, 'full')
    expect(store.canaries.size).toBe(2)
    await createKey()
    await verifyKeks(new FakeKeyProvider(), store, keks, 'full')
    expect(store.canaries.size).toBe(2)
  })

  test('holds for processes that start at the same time', async () => {
    await Promise.all(Array.from({ length: 10 }, () => verifyKeks(provider, store, keks, 'full')))
    expect(store.canaries.size).toBe(2)
  })

  test('refuses a key service that has other KEKs', async () => {
    await verifyKeks(provider, store, keks, 'full')
    await expect(verifyKeks(new FakeKeyProvider('another'), store, keks, 'full')).rejects.toThrow(
      coded('KEYS_MISMATCH'),
    )
  })

  test('refuses a database that has keys but no canary of their KEK', async () => {
    await verifyKeks(provider, store, keks, 'full')
    await createKey()
    store.canaries.clear()
    await expect(verifyKeks(provider, store, keks, 'full')).rejects.toThrow(coded('KEYS_MISMATCH'))
  })

  test('takes a KEK that is new to a database with keys', async () => {
    await createKey()
    await verifyKeks(provider, store, [{ keyType: 'FINANCIAL', purpose: 'REVEAL' }], 'full')
    expect(store.canaries.size).toBe(1)
  })

  test('refuses a canary that was put under another KEK', async () => {
    await verifyKeks(provider, store, keks, 'full')
    const [reveal] = store.canaries.values()
    if (reveal === undefined) throw new TypeError('unreachable')
    store.canaries.set('PII/MASK', reveal)
    await expect(verifyKeks(provider, store, keks, 'full')).rejects.toThrow(coded('KEYS_MISMATCH'))
  })

  test('refuses a canary with another key id', async () => {
    await verifyKeks(provider, store, keks, 'full')
    for (const [name, canary] of store.canaries)
      store.canaries.set(name, { ...canary, keyId: Buffer.alloc(32) })
    await expect(verifyKeks(provider, store, keks, 'full')).rejects.toThrow(coded('KEYS_MISMATCH'))
  })

  test('cannot tell while the key service cannot be reached', async () => {
    await verifyKeks(provider, store, keks, 'full')
    provider.unreachable = true
    await expect(verifyKeks(provider, store, keks, 'full')).rejects.toThrow(coded('KEY_UNAVAILABLE'))
  })

  test('cannot tell while the key service gives no answer for the canary', async () => {
    provider.failItem = () => true
    await expect(verifyKeks(provider, store, keks, 'full')).rejects.toThrow(coded('KEY_UNAVAILABLE'))
  })
})
