import { beforeEach, describe, expect, test } from '@jest/globals'

import type { DataKey } from '../../../src/crypto/data-key.ts'
import { KeyRing, type KeyRingOptions } from '../../../src/crypto/key-ring.ts'
import type { KeyPurpose } from '../../../src/crypto/key-provider.ts'
import type { KeyRow, KeyState, StoredKey } from '../../../src/crypto/key-store.ts'
import { createKeyTuple, type KeyTuple } from '../../../src/crypto/key-tuple.ts'
import { StateLease } from '../../../src/crypto/state-lease.ts'
import { GatewayError } from '../../../src/errors.ts'
import { FakeKeyProvider } from '../../support/fake-key-provider.ts'
import { MemoryKeyStore } from '../../support/memory-key-store.ts'

let store: MemoryKeyStore
let provider: FakeKeyProvider

beforeEach(() => {
  store = new MemoryKeyStore()
  provider = new FakeKeyProvider()
})

function createRing(options: Partial<KeyRingOptions> = {}): KeyRing {
  return new KeyRing({ store, provider, ...options })
}

function tupleOf(subject: string, purpose: KeyPurpose = 'REVEAL', keyType = 'PII'): KeyTuple {
  return createKeyTuple({ tenant: 'acme', scope: 'SUBJECT', scopeId: subject }, keyType, purpose)
}

const ana = tupleOf('ana')
const ben = tupleOf('ben')

async function writeKeyIds(ring: KeyRing, ...tuples: KeyTuple[]): Promise<string[]> {
  const lease = ring.openLease()
  try {
    await lease.collectForWrite(tuples)
    return tuples.map((tuple) => lease.writeKey(tuple).keyId.toString('hex'))
  } finally {
    lease.release()
  }
}

async function readFailure(ring: KeyRing, tuple: KeyTuple, keyId: string): Promise<unknown> {
  const lease = ring.openLease()
  await lease.collectForRead([{ tuple, keyId }])
  try {
    lease.readKey(tuple, keyId)
    return undefined
  } catch (error) {
    return error instanceof GatewayError ? error.code : error
  } finally {
    lease.release()
  }
}

const coded = (code: string): unknown => expect.objectContaining({ code })

describe('writing', () => {
  test('creates a key once, stores it wrapped, and finds it again in another process', async () => {
    const [keyId] = await writeKeyIds(createRing(), ana)
    expect(store.keysOf(ana)).toMatchObject([
      { generation: 1, state: 'enabled', keyType: 'PII', purpose: 'REVEAL' },
    ])
    expect(store.keysOf(ana)[0]?.keyId.toString('hex')).toBe(keyId)
    expect(await writeKeyIds(createRing(), ana)).toEqual([keyId])
  })

  test('stores a key before it is given out', async () => {
    let stored = false
    const insertMissing = store.insertMissing.bind(store)
    store.insertMissing = async (rows) => {
      const result = await insertMissing(rows)
      stored = true
      return result
    }
    const lease = createRing().openLease()
    await lease.collectForWrite([ana])
    expect(stored).toBe(true)
  })

  test('gives a holder one row, whatever its keys', async () => {
    await writeKeyIds(createRing(), ana, tupleOf('ana', 'MASK'), tupleOf('ana', 'REVEAL', 'FINANCIAL'))
    expect(store.rows.size).toBe(1)
    await writeKeyIds(createRing(), tupleOf('ana', 'INDEX'))
    expect([...store.rows.values()].map((row) => row.keys.length)).toEqual([4])
  })

  test('wraps the keys of a hundred new subjects in one call', async () => {
    const ring = createRing()
    await writeKeyIds(ring, ...Array.from({ length: 100 }, (_, n) => tupleOf(`subject-${n}`)))
    expect(provider.calls).toEqual([{ operation: 'wrap', keyType: 'PII', purpose: 'REVEAL', items: 100 }])
    expect(ring.counters).toMatchObject({ finds: 1, wraps: 100, wrapTrips: 1, unwraps: 0, unwrapTrips: 0 })
  })

  test('wraps and unwraps in one round when some subjects have keys and some have none', async () => {
    await writeKeyIds(createRing(), ana)
    provider.calls.length = 0
    await writeKeyIds(createRing(), ana, ben)
    expect(provider.calls.map(({ operation, items }) => [operation, items])).toEqual([
      ['unwrap', 1],
      ['wrap', 1],
    ])
  })

  test('asks nobody when the keys are cached, and answers at once', async () => {
    const ring = createRing()
    const [keyId = ''] = await writeKeyIds(ring, ana)
    provider.calls.length = 0
    const lease = ring.openLease()
    expect(lease.collectForWrite([ana])).toBeUndefined()
    expect(lease.collectForRead([{ tuple: ana, keyId }])).toBeUndefined()
    expect(lease.readKey(ana, keyId)).toBe(lease.writeKey(ana))
    expect(provider.calls).toEqual([])
    expect(ring.counters).toMatchObject({ hits: 2, misses: 1 })
  })

  test('fails as a whole when one key cannot be had', async () => {
    provider.failItem = (_kek, { context }) => context.includes('ben')
    const lease = createRing().openLease()
    await expect(lease.collectForWrite([ana, ben])).rejects.toThrow(coded('KEY_UNAVAILABLE'))
  })

  test('fails when the key service cannot be reached, and stores nothing', async () => {
    provider.unreachable = true
    await expect(writeKeyIds(createRing(), ana)).rejects.toThrow(coded('KEY_UNAVAILABLE'))
    expect(store.rows.size).toBe(0)
  })

  test('fails when the store cannot be reached', async () => {
    store.find = () => Promise.reject(new GatewayError('SERVICE_UNAVAILABLE'))
    await expect(writeKeyIds(createRing(), ana)).rejects.toThrow(coded('KEY_UNAVAILABLE'))
  })

  test('leaves no key behind when the store fails beside an unwrap', async () => {
    await writeKeyIds(createRing(), ana)
    const roots: Buffer[] = []
    const unwrap = provider.unwrap.bind(provider)
    provider.unwrap = async (kek, items) => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      const outcomes = await unwrap(kek, items)
      for (const outcome of outcomes) if (outcome.ok) roots.push(outcome.bytes)
      return outcomes
    }
    store.insertMissing = () => Promise.reject(new GatewayError('SERVICE_UNAVAILABLE'))
    const ring = createRing()
    await expect(writeKeyIds(ring, ana, ben)).rejects.toThrow(coded('KEY_UNAVAILABLE'))
    ring.clear()
    expect(roots).toEqual([Buffer.alloc(32)])
  })

  test('does not hide a fault of the store', async () => {
    store.find = () => Promise.reject(new TypeError('a fault'))
    const ring = createRing()
    await expect(writeKeyIds(ring, ana)).rejects.toThrow('a fault')
    store.find = () => Promise.resolve([])
    await expect(writeKeyIds(ring, ana)).resolves.toHaveLength(1)
  })

  test.each<[KeyState, string]>([
    ['closing', 'ERASED'],
    ['destroyed', 'ERASED'],
    ['disabled', 'KEY_UNAVAILABLE'],
  ])('fails where the key is %s', async (state, code) => {
    await writeKeyIds(createRing(), ana)
    store.alter(ana, { state })
    await expect(writeKeyIds(createRing(), ana)).rejects.toThrow(coded(code))
    expect(store.keysOf(ana)).toHaveLength(1)
  })

  test('fails on the tombstone of an erased subject, also for keys that it never had', async () => {
    await writeKeyIds(createRing(), ana)
    store.erase(ana)
    await expect(writeKeyIds(createRing(), ana)).rejects.toThrow(coded('ERASED'))
    await expect(writeKeyIds(createRing(), tupleOf('ana', 'MASK'))).rejects.toThrow(coded('ERASED'))
  })

  test('goes on with a new generation after a key was compromised', async () => {
    const [first = ''] = await writeKeyIds(createRing(), ana)
    store.alter(ana, { state: 'compromised' })
    const [second] = await writeKeyIds(createRing(), ana)
    expect(second).not.toBe(first)
    expect(store.keysOf(ana).map(({ generation }) => generation)).toEqual([1, 2])
    expect(await readFailure(createRing(), ana, first)).toBeUndefined()
  })

  test('takes the highest enabled generation', async () => {
    const [first] = await writeKeyIds(createRing(), ana)
    store.alter(ana, { state: 'compromised' })
    const [second] = await writeKeyIds(createRing(), ana)
    store.alter(ana, { state: 'enabled' })
    expect(await writeKeyIds(createRing(), ana)).toEqual([second])
    expect(second).not.toBe(first)
  })

  test('makes a new generation of a key past its age, but never of an index key', async () => {
    const index = tupleOf('ana', 'INDEX')
    await writeKeyIds(createRing(), ana, index)
    const long = new Date(Date.now() - 10_000)
    store.alter(ana, { createdAt: long })
    store.alter(index, { createdAt: long })
    await writeKeyIds(createRing({ maxAge: () => 5_000 }), ana, index)
    expect(store.keysOf(ana).map(({ generation }) => generation)).toEqual([1, 2])
    expect(store.keysOf(index).map(({ generation }) => generation)).toEqual([1])
  })
})

describe('writing under a key that readers have in memory', () => {
  test('asks no key service, and does not make its time longer', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    let now = 1
    const ring = createRing({ ttl: 1_000, now: () => now })
    expect(await readFailure(ring, ana, keyId)).toBeUndefined()
    const { length } = provider.calls
    now = 900
    expect(await writeKeyIds(ring, ana)).toEqual([keyId])
    expect(await writeKeyIds(ring, ana)).toEqual([keyId])
    expect(ring.counters).toMatchObject({ finds: 2, unwraps: 1 })
    expect(provider.calls).toHaveLength(length)
    now = 1_003
    expect(await writeKeyIds(ring, ana)).toEqual([keyId])
    expect(ring.counters).toMatchObject({ finds: 3, unwraps: 2 })
  })

  test('leaves no pin behind', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    const ring = createRing()
    expect(await readFailure(ring, ana, keyId)).toBeUndefined()
    const lease = ring.openLease()
    await lease.collectForWrite([ana])
    const root = lease.writeKey(ana).rootForWrapping()
    ring.clear()
    expect(root).not.toEqual(Buffer.alloc(32))
    lease.release()
    expect(root).toEqual(Buffer.alloc(32))
  })

  test('sees first what became of the key', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    const ring = createRing()
    expect(await readFailure(ring, ana, keyId)).toBeUndefined()
    store.alter(ana, { state: 'compromised' })
    const [next] = await writeKeyIds(ring, ana)
    expect(next).not.toBe(keyId)
  })
})

describe('a race for a new key', () => {
  test('is won once: a hundred processes get one key', async () => {
    const ids = await Promise.all(Array.from({ length: 100 }, () => writeKeyIds(createRing(), ana)))
    expect(new Set(ids.flat()).size).toBe(1)
    expect(store.keysOf(ana)).toHaveLength(1)
  })

  test('is run once inside a process: a thousand writers cause one wrap', async () => {
    const ring = createRing()
    const ids = await Promise.all(Array.from({ length: 1_000 }, () => writeKeyIds(ring, ana)))
    expect(new Set(ids.flat()).size).toBe(1)
    expect(ring.counters).toMatchObject({ finds: 1, wraps: 1, unwraps: 0 })
  })

  test('takes the key of a process that was faster by a moment', async () => {
    let foreign: string[] = []
    const insertMissing = store.insertMissing.bind(store)
    store.insertMissing = async (rows) => {
      store.insertMissing = insertMissing
      foreign = await writeKeyIds(createRing(), ana)
      return insertMissing(rows)
    }
    expect(await writeKeyIds(createRing(), ana)).toEqual(foreign)
    expect(store.keysOf(ana)).toHaveLength(1)
  })

  test('adds its key to a row that another process made for another purpose meanwhile', async () => {
    const mask = tupleOf('ana', 'MASK')
    const insertMissing = store.insertMissing.bind(store)
    store.insertMissing = async (rows) => {
      store.insertMissing = insertMissing
      await writeKeyIds(createRing(), mask)
      return insertMissing(rows)
    }
    const [keyId] = await writeKeyIds(createRing(), ana)
    expect(store.keysOf(ana).map((key) => key.keyId.toString('hex'))).toEqual([keyId])
    expect(store.keysOf(mask)).toHaveLength(1)
  })

  test('takes the generation of a process that was faster with it', async () => {
    await writeKeyIds(createRing(), ana)
    store.alter(ana, { state: 'compromised' })
    const ids = await Promise.all(Array.from({ length: 20 }, () => writeKeyIds(createRing(), ana)))
    expect(new Set(ids.flat()).size).toBe(1)
    expect(store.keysOf(ana).map(({ generation }) => generation)).toEqual([1, 2])
  })

  test('is given up when the row never takes the key', async () => {
    await writeKeyIds(createRing(), ana)
    const mask = tupleOf('ana', 'MASK')
    store.addKeys = async (id): Promise<KeyRow> => {
      const [row] = await store.find([id])
      if (row === undefined) throw new TypeError('unreachable')
      return row
    }
    await expect(writeKeyIds(createRing(), mask)).rejects.toThrow(coded('KEY_UNAVAILABLE'))
  })
})

describe('reading', () => {
  test('unwraps the keys of a hundred subjects with one look-up and one call', async () => {
    const tuples = Array.from({ length: 100 }, (_, n) => tupleOf(`subject-${n}`))
    const ids = await writeKeyIds(createRing(), ...tuples)
    provider.calls.length = 0
    const ring = createRing()
    const lease = ring.openLease()
    await lease.collectForRead(tuples.map((tuple, n) => ({ tuple, keyId: ids[n] ?? '' })))
    expect(tuples.map((tuple, n) => lease.readKey(tuple, ids[n]).keyId.toString('hex'))).toEqual(ids)
    expect(provider.calls).toEqual([{ operation: 'unwrap', keyType: 'PII', purpose: 'REVEAL', items: 100 }])
    expect(ring.counters).toMatchObject({ finds: 1, unwraps: 100, unwrapTrips: 1, wraps: 0 })
  })

  test('never asks for the key of another purpose', async () => {
    const mask = tupleOf('ana', 'MASK')
    const [, maskId = ''] = await writeKeyIds(createRing(), ana, mask)
    provider.calls.length = 0
    expect(await readFailure(createRing(), mask, maskId)).toBeUndefined()
    expect(provider.calls.map(({ purpose }) => purpose)).toEqual(['MASK'])
  })

  test('unwraps once for a thousand cold readers of one subject', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    const ring = createRing()
    const failures = await Promise.all(Array.from({ length: 1_000 }, () => readFailure(ring, ana, keyId)))
    expect(new Set(failures)).toEqual(new Set([undefined]))
    expect(ring.counters).toMatchObject({ finds: 1, unwraps: 1, unwrapTrips: 1 })
  })

  test('keeps the key usable for the slowest of many readers', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    const ring = createRing({ maxUses: 1 })
    const leases = Array.from({ length: 10 }, () => ring.openLease())
    await Promise.all(leases.map(async (lease) => lease.collectForRead([{ tuple: ana, keyId }])))
    ring.clear()
    for (const lease of leases) {
      expect(lease.readKey(ana, keyId).subkey('index')).toHaveLength(32)
      lease.release()
    }
  })

  test.each<[KeyState, string | undefined]>([
    ['enabled', undefined],
    ['compromised', undefined],
    ['disabled', 'KEY_UNAVAILABLE'],
    ['closing', 'ERASED'],
    ['destroyed', 'ERASED'],
  ])('of a key that is %s ends with %s', async (state, code) => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    store.alter(ana, { state })
    expect(await readFailure(createRing(), ana, keyId)).toBe(code)
  })

  test('ends with ERASED on a tombstone, and asks no key service', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    store.erase(ana)
    provider.calls.length = 0
    expect(await readFailure(createRing(), ana, keyId)).toBe('ERASED')
    expect(provider.calls).toEqual([])
  })

  test('ends with DECRYPTION_FAILED where there is neither a row nor a tombstone', async () => {
    expect(await readFailure(createRing(), ana, 'ab'.repeat(32))).toBe('DECRYPTION_FAILED')
    expect(provider.calls).toEqual([])
  })

  test('ends with DECRYPTION_FAILED for a key id that is none', () => {
    expect(() => createRing().openLease().readKey(ana, undefined)).toThrow(coded('DECRYPTION_FAILED'))
  })

  test.each<[string, KeyTuple]>([
    ['another subject', ben],
    ['another tenant', createKeyTuple({ ...ana.holder, tenant: 'acmf' }, 'PII', 'REVEAL')],
    ['another scope', createKeyTuple({ ...ana.holder, scope: 'DOCUMENT' }, 'PII', 'REVEAL')],
    ['another purpose', tupleOf('ana', 'MASK')],
    ['another key type', tupleOf('ana', 'REVEAL', 'FINANCIAL')],
  ])('of a key under %s fails before the unwrap, cached or not', async (_name, tuple) => {
    const ring = createRing()
    const [keyId = ''] = await writeKeyIds(ring, ana)
    await writeKeyIds(ring, tuple)
    provider.calls.length = 0
    expect(await readFailure(ring, tuple, keyId)).toBe('DECRYPTION_FAILED')
    expect(provider.calls).toEqual([])
  })

  test('fails when a wrapped key was moved to the row of another subject', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana, ben)
    const [stolen] = store.keysOf(ana)
    if (stolen === undefined) throw new TypeError('unreachable')
    store.alter(ben, { keyId: stolen.keyId, wrapped: stolen.wrapped })
    expect(await readFailure(createRing(), ben, keyId)).toBe('DECRYPTION_FAILED')
  })

  test('fails when a row names another key id than the one its wrapped key commits to', async () => {
    await writeKeyIds(createRing(), ana)
    store.alter(ana, { keyId: Buffer.alloc(32, 0xab) })
    expect(await readFailure(createRing(), ana, 'ab'.repeat(32))).toBe('DECRYPTION_FAILED')
  })

  test('fails for one key alone, whatever happened to it', async () => {
    const cara = tupleOf('cara')
    const [anaId = '', benId = '', caraId = ''] = await writeKeyIds(createRing(), ana, ben, cara)
    store.alter(ben, { wrapped: Buffer.alloc(60) })
    provider.failItem = (_kek, { context }) => context.includes('cara')
    const lease = createRing().openLease()
    await lease.collectForRead([
      { tuple: ana, keyId: anaId },
      { tuple: ben, keyId: benId },
      { tuple: cara, keyId: caraId },
    ])
    expect(lease.readKey(ana, anaId).keyId.toString('hex')).toBe(anaId)
    expect(() => lease.readKey(ben, benId)).toThrow(coded('DECRYPTION_FAILED'))
    expect(() => lease.readKey(cara, caraId)).toThrow(coded('KEY_UNAVAILABLE'))
  })

  test('ends with KEY_UNAVAILABLE while the key service cannot be reached, and works again afterwards', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    const ring = createRing()
    provider.unreachable = true
    expect(await readFailure(ring, ana, keyId)).toBe('KEY_UNAVAILABLE')
    provider.unreachable = false
    expect(await readFailure(ring, ana, keyId)).toBeUndefined()
  })

  test('ends with KEY_UNAVAILABLE when the answers are not as many as the keys', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    const unwrap = provider.unwrap.bind(provider)
    let extra: Buffer | undefined
    provider.unwrap = async (kek, items) => {
      const outcomes = await unwrap(kek, [...items, ...items])
      const [first] = outcomes
      if (first?.ok) extra = first.bytes
      return outcomes
    }
    expect(await readFailure(createRing(), ana, keyId)).toBe('KEY_UNAVAILABLE')
    expect(extra).toEqual(Buffer.alloc(32))
  })

  test('goes on from the cache while the key service cannot be reached', async () => {
    const ring = createRing()
    const [keyId = ''] = await writeKeyIds(ring, ana)
    provider.unreachable = true
    expect(await readFailure(ring, ana, keyId)).toBeUndefined()
  })

  test('ends with KEY_UNAVAILABLE when the store cannot be reached', async () => {
    store.find = () => Promise.reject(new GatewayError('SERVICE_UNAVAILABLE'))
    expect(await readFailure(createRing(), ana, 'ab'.repeat(32))).toBe('KEY_UNAVAILABLE')
  })

  test('of an old generation finds it beside the current one', async () => {
    const [first = ''] = await writeKeyIds(createRing(), ana)
    store.alter(ana, { state: 'compromised' })
    const [second = ''] = await writeKeyIds(createRing(), ana)
    const lease = createRing().openLease()
    await lease.collectForRead([
      { tuple: ana, keyId: first },
      { tuple: ana, keyId: second },
    ])
    expect(lease.readKey(ana, first).keyId).not.toEqual(lease.readKey(ana, second).keyId)
  })
})

describe('a lease', () => {
  test('keeps its keys through a clearing of the cache, which ends with it', async () => {
    const ring = createRing()
    const lease = ring.openLease()
    await lease.collectForWrite([ana])
    const key: DataKey = lease.writeKey(ana)
    const root = key.rootForWrapping()
    ring.clear()
    expect(lease.writeKey(ana).subkey('index')).toHaveLength(32)
    lease.release()
    expect(root).toEqual(Buffer.alloc(32))
    expect(() => key.subkey('index')).toThrow(TypeError)
  })

  test('is used up once released, and may be released again', async () => {
    const lease = createRing().openLease()
    await lease.collectForWrite([ana])
    lease.release()
    lease.release()
    expect(() => lease.writeKey(ana)).toThrow(TypeError)
    expect(() => lease.collectForWrite([ana])).toThrow(TypeError)
  })

  test('leaves no pin behind when it ends while its keys are on their way', async () => {
    const ring = createRing()
    await writeKeyIds(ring, ana)
    ring.clear()
    const lease = ring.openLease()
    const [stored] = store.keysOf(ana)
    const keyId = stored?.keyId.toString('hex') ?? ''
    const collecting = lease.collectForRead([{ tuple: ana, keyId }])
    lease.release()
    await collecting
    const other = ring.openLease()
    expect(other.collectForRead([{ tuple: ana, keyId }])).toBeUndefined()
    const root = other.readKey(ana, keyId).rootForWrapping()
    other.release()
    ring.clear()
    expect(root).toEqual(Buffer.alloc(32))
  })

  test('collects the same key twice at the same time with one pin', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    const ring = createRing()
    const lease = ring.openLease()
    const request = { tuple: ana, keyId }
    await Promise.all([lease.collectForRead([request, request]), lease.collectForRead([request])])
    const root = lease.readKey(ana, keyId).rootForWrapping()
    lease.release()
    ring.clear()
    expect(root).toEqual(Buffer.alloc(32))
  })

  test('says when a key was not collected', () => {
    expect(() => createRing().openLease().writeKey(ana)).toThrow(TypeError)
  })
})

describe('clearing the ring', () => {
  test('makes the next read see the state of a key', async () => {
    const ring = createRing()
    const [keyId = ''] = await writeKeyIds(ring, ana)
    store.alter(ana, { state: 'disabled' })
    expect(await readFailure(ring, ana, keyId)).toBeUndefined()
    ring.clear()
    expect(await readFailure(ring, ana, keyId)).toBe('KEY_UNAVAILABLE')
  })

  test('keeps a key that was on its way out of the cache', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    const ring = createRing()
    const reading = readFailure(ring, ana, keyId)
    ring.clear()
    expect(await reading).toBeUndefined()
    const keys: readonly StoredKey[] = store.keysOf(ana)
    expect(keys).toHaveLength(1)
    expect(await readFailure(ring, ana, keyId)).toBeUndefined()
    expect(ring.counters.unwraps).toBe(2)
  })

  test('zeroes every key that no lease holds', async () => {
    const ring = createRing()
    const lease = ring.openLease()
    await lease.collectForWrite([ana, ben])
    const roots = [ana, ben].map((tuple) => lease.writeKey(tuple).rootForWrapping())
    lease.release()
    expect(roots.some((root) => root.equals(Buffer.alloc(32)))).toBe(false)
    ring.clear()
    expect(roots.every((root) => root.equals(Buffer.alloc(32)))).toBe(true)
  })
})

describe('a holder that is being erased', () => {
  test('has no key read, and none made, not even of a type that it never had', async () => {
    const [keyId = ''] = await writeKeyIds(createRing(), ana)
    await store.closeRow(ana.holder)
    expect(await readFailure(createRing(), ana, keyId)).toBe('ERASED')
    for (const tuple of [ana, tupleOf('ana', 'MASK'), tupleOf('ana', 'REVEAL', 'FINANCIAL')]) {
      await expect(writeKeyIds(createRing(), tuple)).rejects.toThrow(coded('ERASED'))
    }
    await store.destroyRow(ana.holder)
    expect(await readFailure(createRing(), ana, keyId)).toBe('ERASED')
    expect(store.keysOf(ana)).toMatchObject([{ state: 'destroyed', wrapped: Buffer.alloc(0) }])
    await expect(writeKeyIds(createRing(), ben)).resolves.toHaveLength(1)
  })

  test('is known for one also where none of its keys is asked for, and at the latest when states change', async () => {
    const ring = createRing()
    expect(await ring.findErased([ana.holder, ben.holder])).toEqual(new Set())
    const { finds } = ring.counters
    expect(await ring.findErased([ana.holder])).toEqual(new Set())
    expect(ring.counters.finds).toBe(finds)
    await store.closeRow(ana.holder)
    expect(await ring.findErased([ana.holder], true)).toEqual(new Set([ana.holder]))
    ring.clear()
    expect(await ring.findErased([ben.holder, ana.holder])).toEqual(new Set([ana.holder]))
  })

  test('is not taken for living by a look from before states changed', async () => {
    const ring = createRing()
    const looking = ring.findErased([ana.holder])
    ring.clear()
    await looking
    await store.closeRow(ana.holder)
    expect(await ring.findErased([ana.holder])).toEqual(new Set([ana.holder]))
  })

  test('is not taken for living by a ring that does not know the key states', async () => {
    let now = 0
    const states = new StateLease({ boundMs: 100, now: () => now })
    states.renew(states.now())
    const ring = createRing({ states })
    expect(await ring.findErased([ana.holder])).toEqual(new Set())
    now = 100
    await expect(ring.findErased([ana.holder])).rejects.toThrow(coded('KEY_UNAVAILABLE'))
  })

  test('is closed where it has no row yet', async () => {
    await store.closeRow(ana.holder)
    await expect(writeKeyIds(createRing(), ana)).rejects.toThrow(coded('ERASED'))
  })
})
