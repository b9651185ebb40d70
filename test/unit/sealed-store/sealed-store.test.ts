import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'

import { KeyRing } from '../../../src/crypto/key-ring.ts'
import { createKeyTuple } from '../../../src/crypto/key-tuple.ts'
import type { SealedEntries } from '../../../src/sealed-store/sealed-entries.ts'
import { SealedStore, type SealedStoreOptions } from '../../../src/sealed-store/sealed-store.ts'
import { FakeKeyProvider } from '../../support/fake-key-provider.ts'
import { MemoryKeyStore } from '../../support/memory-key-store.ts'

const decryptionFailed = expect.objectContaining({ code: 'DECRYPTION_FAILED' })
const sessionKey = createKeyTuple({ tenant: 'acme', scope: 'TENANT', scopeId: '' }, 'SESSION', 'REVEAL')
const minute = { ttl: 60 }

/** A place that keeps entries for ever and lets a test do anything with them. */
class OpenEntries implements SealedEntries {
  readonly map = new Map<string, Buffer>()

  get(name: string): Promise<Buffer | undefined> {
    return Promise.resolve(this.map.get(name))
  }

  set(name: string, bytes: Buffer): Promise<void> {
    this.map.set(name, bytes)
    return Promise.resolve()
  }

  delete(name: string): Promise<void> {
    this.map.delete(name)
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

let keyStore: MemoryKeyStore
let provider: FakeKeyProvider
let keys: KeyRing
let entries: OpenEntries
let clock: number

beforeEach(() => {
  keyStore = new MemoryKeyStore()
  provider = new FakeKeyProvider()
  keys = new KeyRing({ store: keyStore, provider })
  entries = new OpenEntries()
  clock = Date.UTC(2026, 0, 1)
})

function open(options: Partial<SealedStoreOptions> = {}): SealedStore {
  return new SealedStore({ keys, entries, name: 'sessions', tenant: 'acme', now: () => clock, ...options })
}

describe('a sealed store', () => {
  test('gives back any text under any name, in another process too', async () => {
    const text = fc.string({ unit: 'binary' })
    const name = fc.string({ unit: 'grapheme' })
    await fc.assert(
      fc.asyncProperty(name, text, async (key, value) => {
        await open().set(key, value, minute)
        const elsewhere = open({ keys: new KeyRing({ store: keyStore, provider }) })
        expect(await elsewhere.get(key)).toBe(value)
        await elsewhere.delete(key)
        expect(await open().get(key)).toBeUndefined()
      }),
    )
    expect(entries.map.size).toBe(0)
  })

  test('shows neither names nor values, and equal values differ', async () => {
    const store = open()
    await store.set('token-of-ana', 'ana@example.com', minute)
    await store.set('token-of-ben', 'ana@example.com', minute)
    const [[name, one] = ['', undefined], [, other] = []] = [...entries.map]
    expect(name).toMatch(/^sealgate:sessions:[\w-]{43}$/)
    const kept = Buffer.concat([...entries.map].flatMap(([key, bytes]) => [Buffer.from(key), bytes]))
    expect(kept.includes('ana')).toBe(false)
    expect(one?.length).toBe(other?.length)
    expect(one?.subarray(42).equals(other?.subarray(42) ?? Buffer.alloc(0))).toBe(false)
  })

  test('a value ends at its time, whatever the place keeps', async () => {
    const store = open()
    await store.set('name', 'value', { ttl: 1.5 })
    clock += 1_499
    expect(await store.get('name')).toBe('value')
    clock += 1
    expect(await store.get('name')).toBeUndefined()
    expect(entries.map.size).toBe(1)
  })

  test.each([0, -1, NaN, Infinity, 10 ** 10])('a ttl of %d is refused', async (ttl) => {
    await expect(open().set('name', 'value', { ttl })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
    expect(entries.map.size).toBe(0)
  })
})

describe('what others do to the entries', () => {
  test('a later end, an earlier one, or any other bit does not open', async () => {
    const store = open()
    await store.set('name', 'value', minute)
    const [[key, bytes] = ['', Buffer.alloc(0)]] = [...entries.map]
    for (const by of [1n, -1n, 86_400_000n]) {
      const moved = Buffer.from(bytes)
      moved.writeBigUInt64BE(bytes.readBigUInt64BE() + by)
      entries.map.set(key, moved)
      await expect(store.get('name')).rejects.toEqual(decryptionFailed)
    }
    // The first bits of the end make it past, which is a value that is not there.
    for (let bit = 64; bit < bytes.length * 8; bit += 1) {
      const altered = Buffer.from(bytes)
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      entries.map.set(key, altered)
      await expect(store.get('name')).rejects.toEqual(decryptionFailed)
    }
    for (const length of [0, 7, 8, 42, bytes.length - 1]) {
      entries.map.set(key, bytes.subarray(0, length))
      await expect(store.get('name')).rejects.toEqual(decryptionFailed)
    }
  })

  test('a value under another name, of another store or tenant does not open', async () => {
    await open().set('ana', 'value of ana', minute)
    const [stolen = Buffer.alloc(0)] = [...entries.map.values()]
    for (const other of [open(), open({ name: 'carts' }), open({ tenant: 'other' })]) {
      const before = new Set(entries.map.keys())
      await other.set('mallory', 'value of mallory', minute)
      const own = [...entries.map.keys()].find((key) => !before.has(key)) ?? ''
      entries.map.set(own, stolen)
      await expect(other.get('mallory')).rejects.toEqual(decryptionFailed)
      entries.map.delete(own)
    }
  })

  test('two stores and two tenants do not know each other by names', async () => {
    await open().set('name', 'value', minute)
    expect(await open({ name: 'carts' }).get('name')).toBeUndefined()
    expect(await open({ tenant: 'other' }).get('name')).toBeUndefined()
  })
})

describe('keys', () => {
  test('a new generation seals what is set from then on; the older one opens what it sealed', async () => {
    const day = 86_400_000
    const aging = (): KeyRing => new KeyRing({ store: keyStore, provider, maxAge: () => 30 * day })
    await open({ keys: aging() }).set('old', 'value', minute)
    keyStore.alter(sessionKey, { createdAt: new Date(Date.now() - 31 * day) })
    const store = open({ keys: aging() })
    await store.set('new', 'value', minute)
    expect(keyStore.keysOf(sessionKey).map(({ generation }) => generation)).toEqual([1, 2])
    const [old, fresh] = [...entries.map.values()].map((bytes) => bytes.toString('hex', 10, 42))
    expect(old).toBe(keyStore.keysOf(sessionKey)[0]?.keyId.toString('hex'))
    expect(fresh).toBe(keyStore.keysOf(sessionKey)[1]?.keyId.toString('hex'))
    expect([await store.get('old'), await store.get('new')]).toEqual(['value', 'value'])
  })

  test('a value whose key was destroyed is not there', async () => {
    await open().set('name', 'value', minute)
    keyStore.alter(sessionKey, { state: 'destroyed', wrapped: Buffer.alloc(0) })
    keys.clear()
    expect(await open().get('name')).toBeUndefined()
  })

  test('without the key service nothing is set or got, and nothing is kept in clear', async () => {
    provider.unreachable = true
    const unavailable = expect.objectContaining({ code: 'KEY_UNAVAILABLE' })
    await expect(open().set('name', 'value', minute)).rejects.toEqual(unavailable)
    await expect(open().get('name')).rejects.toEqual(unavailable)
    expect(entries.map.size).toBe(0)
  })
})
