import { setTimeout as pause } from 'node:timers/promises'

import { afterEach, beforeEach, expect, test } from '@jest/globals'

import { KeyRing } from '../../../src/crypto/key-ring.ts'
import { createKeyTuple } from '../../../src/crypto/key-tuple.ts'
import { StateLease } from '../../../src/crypto/state-lease.ts'
import { GatewayError } from '../../../src/errors.ts'
import { type KeyStateWatch, watchKeyStates } from '../../../src/server/watch-key-states.ts'
import { FakeKeyProvider } from '../../support/fake-key-provider.ts'
import { MemoryKeyStore } from '../../support/memory-key-store.ts'

const boundMs = 30
const ana = createKeyTuple({ tenant: 'acme', scope: 'SUBJECT', scopeId: 'ana' }, 'PII', 'REVEAL')

let store: MemoryKeyStore
let provider: FakeKeyProvider
let ring: KeyRing
let lease: StateLease
let watch: KeyStateWatch | undefined
let changes: boolean[]

beforeEach(() => {
  store = new MemoryKeyStore()
  provider = new FakeKeyProvider()
  lease = new StateLease({ boundMs })
  ring = new KeyRing({ store, provider, states: lease })
  changes = []
})

afterEach(() => {
  watch?.stop()
  watch = undefined
})

async function start(): Promise<void> {
  watch = await watchKeyStates({ store, keyRing: ring, lease, onChange: (known) => changes.push(known) })
}

/** The key that a write would use now, or why there is none. */
async function writeKey(): Promise<string> {
  const keys = ring.openLease()
  try {
    await keys.collectForWrite([ana])
    return keys.writeKey(ana).keyId.toString('hex')
  } catch (error) {
    return (error as GatewayError).code
  } finally {
    keys.release()
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(1)
}

test.each<[string, () => Promise<number>]>([
  ['fail', () => Promise.reject(new GatewayError('SERVICE_UNAVAILABLE'))],
  ['hang', () => new Promise<never>(() => undefined)],
])(
  'when reads of the key states %s for the whole bound, no key is used, cached or not, and all are zeroed',
  async (_how, epoch) => {
    await start()
    const keyId = await writeKey()
    expect(keyId).toHaveLength(64)
    const keys = ring.openLease()
    await keys.collectForWrite([ana])
    const root = keys.writeKey(ana).rootForWrapping()
    keys.release()
    expect(root).not.toEqual(Buffer.alloc(32))
    const { length } = provider.calls
    store.epoch = epoch
    await until(() => changes.length > 0)
    expect(changes).toEqual([false])
    expect(root).toEqual(Buffer.alloc(32))
    expect(await writeKey()).toBe('KEY_UNAVAILABLE')
    expect(provider.calls).toHaveLength(length)
  },
)

test('the next read that succeeds lifts it, and each change is told once', async () => {
  await start()
  const keyId = await writeKey()
  const epoch = store.epoch.bind(store)
  store.epoch = () => Promise.reject(new GatewayError('SERVICE_UNAVAILABLE'))
  await until(() => changes.length > 0)
  await pause(boundMs)
  store.epoch = epoch
  await until(() => changes.length > 1)
  expect(changes).toEqual([false, true])
  expect(await writeKey()).toBe(keyId)
})

test('a database that does not answer at the start lets no key be used until it does', async () => {
  const epoch = store.epoch.bind(store)
  store.epoch = () => Promise.reject(new GatewayError('SERVICE_UNAVAILABLE'))
  await start()
  expect(await writeKey()).toBe('KEY_UNAVAILABLE')
  expect(provider.calls).toEqual([])
  store.epoch = epoch
  await until(() => changes.length > 1)
  expect(await writeKey()).toHaveLength(64)
})

test('a changed epoch drops the keys, so that the next one sees the new states', async () => {
  await start()
  const keyId = await writeKey()
  store.alter(ana, { state: 'disabled' })
  expect(await writeKey()).toBe(keyId)
  await store.advanceEpoch()
  while ((await writeKey()) === keyId) await pause(1)
  expect(await writeKey()).toBe('KEY_UNAVAILABLE')
  expect(changes).toEqual([])
})

test('a key whose load ends behind the bound is not handed out', async () => {
  let now = 0
  lease = new StateLease({ boundMs, now: () => now })
  ring = new KeyRing({ store, provider, states: lease })
  lease.renew(0)
  const find = store.find.bind(store)
  store.find = (ids) => {
    now = boundMs
    return find(ids)
  }
  expect(await writeKey()).toBe('KEY_UNAVAILABLE')
  lease.renew(now)
  expect(await writeKey()).toHaveLength(64)
})

test('a read that took long renews from when it was asked, not from when it answered', () => {
  let now = 0
  lease = new StateLease({ boundMs, now: () => now })
  expect(lease.isHeld).toBe(false)
  const asked = lease.now()
  now = boundMs - 1
  lease.renew(asked)
  expect(lease.isHeld).toBe(true)
  now = boundMs
  expect(lease.isHeld).toBe(false)
})

test('a read that never ends keeps no later one back', async () => {
  await start()
  const answer = store.epoch.bind(store)
  let hung = 0
  store.epoch = () => {
    store.epoch = answer
    hung += 1
    return new Promise<never>(() => undefined)
  }
  await until(() => changes.length > 1)
  expect(changes).toEqual([false, true])
  expect(hung).toBe(1)
  expect(await writeKey()).toHaveLength(64)
})
