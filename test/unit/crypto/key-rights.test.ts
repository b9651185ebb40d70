import { afterEach, describe, expect, test } from '@jest/globals'

import { KeyRing } from '../../../src/crypto/key-ring.ts'
import type { KeyRights } from '../../../src/crypto/key-rights.ts'
import { createKeyTuple } from '../../../src/crypto/key-tuple.ts'
import { verifyKeks } from '../../../src/crypto/verify-keks.ts'
import { FakeKeyProvider } from '../../support/fake-key-provider.ts'
import { MemoryKeyStore } from '../../support/memory-key-store.ts'

const holder = { tenant: 'tenant', scope: 'SUBJECT', scopeId: 'subject' } as const
const reveal = createKeyTuple(holder, 'PII', 'REVEAL')
const index = createKeyTuple({ ...holder, scope: 'PATH', scopeId: 'customers.email' }, 'PII', 'INDEX')
const rings: KeyRing[] = []

function openRing(store: MemoryKeyStore, provider: FakeKeyProvider, rights: KeyRights): KeyRing {
  const ring = new KeyRing({ store, provider, rights })
  rings.push(ring)
  return ring
}

async function writeWith(ring: KeyRing, tuple = reveal): Promise<string> {
  const lease = ring.openLease()
  await lease.collectForWrite([tuple])
  const keyId = lease.writeKey(tuple).keyId.toString('hex')
  lease.release()
  return keyId
}

async function readWith(ring: KeyRing, keyId: string, tuple = reveal): Promise<string> {
  const lease = ring.openLease()
  try {
    await lease.collectForRead([{ tuple, keyId }])
    return lease.readKey(tuple, keyId).keyId.toString('hex')
  } finally {
    lease.release()
  }
}

afterEach(() => {
  for (const ring of rings.splice(0)) ring.clear()
})

describe('a key ring that may wrap and not unwrap', () => {
  test('makes a new generation once, and takes it from memory afterwards', async () => {
    const [store, provider] = [new MemoryKeyStore(), new FakeKeyProvider()]
    const first = await writeWith(openRing(store, provider, 'full'))
    const ring = openRing(store, provider, 'write-only')
    const second = await writeWith(ring)
    expect(await writeWith(ring)).toBe(second)
    expect(second).not.toBe(first)
    expect(store.keysOf(reveal).map(({ generation, keyId }) => [generation, keyId.toString('hex')])).toEqual([
      [1, first],
      [2, second],
    ])
    expect(provider.calls.filter(({ operation }) => operation === 'unwrap')).toEqual([])
  })

  test('reads nothing, and not what it has just made', async () => {
    const [store, provider] = [new MemoryKeyStore(), new FakeKeyProvider()]
    const ring = openRing(store, provider, 'write-only')
    const keyId = await writeWith(ring)
    await expect(readWith(ring, keyId)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
    expect(await readWith(openRing(store, provider, 'full'), keyId)).toBe(keyId)
    expect(ring.counters.unwraps).toBe(0)
  })

  test('gives each of many that write at once a generation that is stored', async () => {
    const [store, provider] = [new MemoryKeyStore(), new FakeKeyProvider()]
    const writers = Array.from({ length: 3 }, () => openRing(store, provider, 'write-only'))
    const keyIds = await Promise.all(writers.map((ring) => writeWith(ring)))
    expect(new Set(keyIds).size).toBe(3)
    const stored = store.keysOf(reveal).map(({ keyId }) => keyId.toString('hex'))
    expect(stored.sort()).toEqual([...keyIds].sort())
  })

  test('shares index keys with the others, so that all make the same terms', async () => {
    const [store, provider] = [new MemoryKeyStore(), new FakeKeyProvider()]
    const made = await writeWith(openRing(store, provider, 'write-only'), index)
    expect(await writeWith(openRing(store, provider, 'full'), index)).toBe(made)
    expect(await writeWith(openRing(store, provider, 'write-only'), index)).toBe(made)
  })

  test('writes nothing for a subject that was erased', async () => {
    const [store, provider] = [new MemoryKeyStore(), new FakeKeyProvider()]
    await writeWith(openRing(store, provider, 'full'))
    store.alter(reveal, { state: 'destroyed' })
    await expect(writeWith(openRing(store, provider, 'write-only'))).rejects.toMatchObject({ code: 'ERASED' })
  })
})

describe('a key ring for masks only', () => {
  test('asks the key service for none of the other keys', async () => {
    const [store, provider] = [new MemoryKeyStore(), new FakeKeyProvider()]
    const full = openRing(store, provider, 'full')
    const mask = createKeyTuple(holder, 'PII', 'MASK')
    const keyIds = { reveal: await writeWith(full), mask: await writeWith(full, mask) }
    provider.calls.length = 0
    const ring = openRing(store, provider, 'mask-only')
    expect(await readWith(ring, keyIds.mask, mask)).toBe(keyIds.mask)
    await expect(readWith(ring, keyIds.reveal)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
    expect(provider.calls.map(({ operation, purpose }) => `${operation} ${purpose}`)).toEqual(['unwrap MASK'])
  })
})

describe('canaries', () => {
  const keks = (['REVEAL', 'MASK', 'INDEX'] as const).map((purpose) => ({ keyType: 'PII', purpose }))

  test('a write-only instance makes them, opens those of INDEX, and finds another key service by these', async () => {
    const [store, provider] = [new MemoryKeyStore(), new FakeKeyProvider()]
    await verifyKeks(provider, store, keks, 'write-only')
    const unwraps = provider.calls.filter(({ operation }) => operation === 'unwrap')
    expect(unwraps.map(({ purpose }) => purpose)).toEqual(['INDEX'])
    await verifyKeks(new FakeKeyProvider(), store, keks, 'full')
    await expect(verifyKeks(new FakeKeyProvider('another'), store, keks, 'write-only')).rejects.toMatchObject(
      {
        code: 'KEYS_MISMATCH',
      },
    )
  })

  test('a missing one of keys that exist is refused by every kind', async () => {
    const [store, provider] = [new MemoryKeyStore(), new FakeKeyProvider()]
    await writeWith(openRing(store, provider, 'full'))
    const [kek] = keks
    if (kek === undefined) throw new Error('no KEK')
    for (const rights of ['full', 'write-only', 'mask-only'] as const) {
      await expect(verifyKeks(provider, store, [kek], rights)).rejects.toMatchObject({
        code: 'KEYS_MISMATCH',
      })
    }
  })
})
