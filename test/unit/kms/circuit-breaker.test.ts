import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'

import { beforeEach, expect, test } from '@jest/globals'

import type { Kek, KeyOutcome } from '../../../src/crypto/key-provider.ts'
import { breakCircuit, type GuardedProvider } from '../../../src/kms/circuit-breaker.ts'
import { FakeKeyProvider } from '../../support/fake-key-provider.ts'

const reveal: Kek = { keyType: 'PII', purpose: 'REVEAL' }
const mask: Kek = { keyType: 'PII', purpose: 'MASK' }
const item = { tenant: 'acme', context: Buffer.from('context'), key: randomBytes(32) }
const unavailable = { code: 'KEY_UNAVAILABLE' }

let now: number
let provider: FakeKeyProvider
let guarded: GuardedProvider
let changes: [boolean, string][]

beforeEach(() => {
  now = 1_000
  provider = new FakeKeyProvider()
  changes = []
  guarded = breakCircuit(provider, {
    failures: 3,
    restMs: 2_000,
    now: () => now,
    onChange: (...change) => changes.push(change),
  })
})

const wrap = (kek = reveal): Promise<KeyOutcome[]> => guarded.wrap(kek, [item])

async function fail(times: number, kek = reveal): Promise<void> {
  provider.unreachable = true
  for (let count = 0; count < times; count += 1) await expect(wrap(kek)).rejects.toMatchObject(unavailable)
}

test('a service that fails in a row is not asked any more, and is told of once', async () => {
  await fail(20)
  expect(provider.calls).toHaveLength(3)
  expect(changes).toEqual([[true, 'The key of this value is not available at the moment.']])
  expect(guarded.failing()).toBe(true)
})

test('single failures between answers open nothing', async () => {
  for (let round = 0; round < 10; round += 1) {
    await fail(2)
    provider.unreachable = false
    expect(await wrap()).toMatchObject([{ ok: true }])
  }
  expect(changes).toEqual([])
})

test('after a rest one call tries, however many there are, and none the worse for it', async () => {
  await fail(3)
  now += 2_000
  const calls = provider.calls.length
  const all = await Promise.allSettled(Array.from({ length: 100 }, () => wrap()))
  expect(provider.calls).toHaveLength(calls + 1)
  expect(all.every(({ status }) => status === 'rejected')).toBe(true)
  expect(changes).toHaveLength(1)
})

test('the rest is between half of it and all of it, by chance', async () => {
  await fail(3)
  now += 999
  await fail(1)
  expect(provider.calls).toHaveLength(3)
  now += 1_001
  await fail(1)
  expect(provider.calls).toHaveLength(4)
})

test('the first answer closes the circuit, which is told of once', async () => {
  await fail(5)
  provider.unreachable = false
  now += 2_000
  const all = await Promise.allSettled([wrap(), wrap()])
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(await wrap()).toMatchObject([{ ok: true }])
  expect(changes.map(([failing]) => failing)).toEqual([true, false])
  expect(guarded.failing()).toBe(false)
})

test('a KEK that is refused leaves the others alone', async () => {
  await fail(5)
  provider.unreachable = false
  expect(await wrap(mask)).toMatchObject([{ ok: true }])
  await expect(wrap(reveal)).rejects.toMatchObject(unavailable)
  await fail(5, mask)
  expect(changes).toHaveLength(1)
})

test('an answer that opens no item is an answer', async () => {
  provider.failItem = () => true
  for (let count = 0; count < 10; count += 1)
    expect(await wrap()).toEqual([{ ok: false, reason: 'UNAVAILABLE' }])
  expect(changes).toEqual([])
})

test('a circuit that nobody tries for ten seconds says nothing of the service any more', async () => {
  await fail(3)
  now += 10_000
  expect(guarded.failing()).toBe(false)
  await fail(1)
  expect(guarded.failing()).toBe(true)
  expect(changes.map(([failing]) => failing)).toEqual([true, false, true])
})

test('an answer past the deadline is a failure, and the keys in it are zeroed', async () => {
  const slow = breakCircuit(provider, { deadlineMs: 1, failures: 1, onChange: () => undefined })
  const [wrapped] = await provider.wrap(reveal, [item])
  if (wrapped?.ok !== true) throw new TypeError('unreachable')
  let answer: ((outcomes: KeyOutcome[]) => void) | undefined
  provider.unwrap = () => new Promise((resolve) => (answer = resolve))
  const call = slow.unwrap(reveal, [{ ...item, wrapped: wrapped.bytes }])
  await expect(call).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining('0.001 s') })
  expect(slow.failing()).toBe(true)
  const bytes = randomBytes(32)
  answer?.([{ ok: true, bytes }])
  await turn()
  expect(bytes).toEqual(Buffer.alloc(32))
})

test('what does not wait for a request is never held back', async () => {
  await fail(5)
  provider.unreachable = false
  await guarded.prepare([reveal])
  await guarded.check()
  expect(await guarded.rotate(reveal)).toMatchObject({ newest: 2 })
  await guarded.trim(reveal, 1)
  expect(await guarded.rewrap(reveal, [])).toEqual([])
})
