import { describe, expect, test } from '@jest/globals'

import { slotOf } from '../../../src/crypto/index-keys.ts'
import { type IndexGenerations, judgeForIndex } from '../../../src/crypto/index-states.ts'
import type { KeyRow, KeyState, StoredKey } from '../../../src/crypto/key-store.ts'
import { nextStep } from '../../../src/rotation/reindex/index-step.ts'

const kek = { keyType: 'PII', purpose: 'INDEX' } as const

function keyOf(generation: number, state: KeyState, indexVersion = 'n1'): StoredKey {
  const bytes = Buffer.alloc(32, generation)
  return { ...kek, generation, state, keyId: bytes, wrapped: bytes, createdAt: new Date(0), indexVersion }
}

const rowOf = (keys: readonly StoredKey[]): KeyRow => ({
  id: Buffer.alloc(32),
  holder: { tenant: 'acme', scope: 'PATH', scopeId: 'people.email' },
  keys,
})

/** `1 enabled, 2 indexing`, in short `w1+2 r1`: written under which, searched by which. */
function judged(...states: readonly (readonly [number, KeyState])[]): string {
  const verdict = judgeForIndex(rowOf(states.map(([generation, state]) => keyOf(generation, state))), kek)
  if (typeof verdict === 'string') return verdict
  const { written, read } = verdict
  return `w${written.map(({ generation }) => generation).join('+')} r${read.generation}`
}

describe('what the states of the generations say', () => {
  test.each([
    ['w1 r1', [[1, 'enabled']]],
    ['w1 r1', [[1, 'compromised']]],
    ['w1+2 r1', [[1, 'enabled'], [2, 'indexing']]], // prettier-ignore
    ['w1+2 r1', [[1, 'compromised'], [2, 'indexing']]], // prettier-ignore
    ['w1+2 r2', [[1, 'enabled'], [2, 'enabled']]], // prettier-ignore
    ['w2 r2', [[1, 'retired'], [2, 'enabled']]], // prettier-ignore
    ['w2 r2', [[1, 'destroyed'], [2, 'enabled']]], // prettier-ignore
    ['w1 r1', [[1, 'enabled'], [2, 'retired']]], // prettier-ignore
    ['KEY_UNAVAILABLE', [[1, 'disabled']]],
    ['KEY_UNAVAILABLE', [[1, 'disabled'], [2, 'indexing']]], // prettier-ignore
    ['KEY_UNAVAILABLE', [[1, 'disabled'], [2, 'enabled']]], // prettier-ignore
    ['KEY_UNAVAILABLE', [[1, 'enabled'], [2, 'disabled']]], // prettier-ignore
    ['KEY_UNAVAILABLE', [[1, 'enabled'], [2, 'of a later version' as KeyState]]], // prettier-ignore
    ['ERASED', [[1, 'closing']]],
    ['ERASED', [[1, 'destroyed']]],
    ['MISSING', []],
  ] as const)('%s: %j', (expected, states) => {
    expect(judged(...states)).toBe(expected)
  })

  test('an erased row is erased whatever its keys say', () => {
    expect(judgeForIndex({ ...rowOf([keyOf(1, 'enabled')]), erased: true }, kek)).toBe('ERASED')
  })
})

describe('every path that the states can take', () => {
  const whole = { wrong: 0, surplus: 0, unreadable: 0, unavailable: 0 }
  const named = (keys: readonly StoredKey[]): string =>
    JSON.stringify(keys.map(({ generation, state, indexVersion }) => [generation, state, indexVersion]))

  /** What a step, a person who revokes, and a schema that changes can make of the states. */
  function successors(keys: readonly StoredKey[]): StoredKey[][] {
    const found: StoredKey[][] = []
    for (const version of ['n1', 'n1+TRIM']) {
      for (const terms of [whole, { ...whole, wrong: 1 }, { ...whole, surplus: 1 }]) {
        const step = nextStep({ keys, version, isDue: () => true, terms })
        if (step.kind === 'publish') found.push([...keys, keyOf(step.generation, step.state, version)])
        if (step.kind === 'change')
          found.push(keys.map((key) => (step.keys.includes(key) ? { ...key, state: step.to } : key)))
      }
    }
    for (const key of keys) {
      const to = ({ enabled: 'compromised', compromised: 'disabled', disabled: 'enabled' } as const)[
        key.state as 'enabled'
      ]
      if ((to as string | undefined) !== undefined)
        found.push(keys.map((other) => (other === key ? { ...key, state: to } : other)))
    }
    return found
  }

  const reached = new Map<string, StoredKey[]>()
  const open: StoredKey[][] = [[keyOf(1, 'enabled')]]
  for (let keys = open.pop(); keys !== undefined; keys = open.pop()) {
    if (reached.has(named(keys)) || (keys.at(-1)?.generation ?? 0) > 6) continue
    reached.set(named(keys), keys)
    open.push(...successors(keys))
  }
  const known = (keys: readonly StoredKey[]): IndexGenerations | undefined => {
    const verdict = judgeForIndex(rowOf(keys), kek)
    return typeof verdict === 'string' ? undefined : verdict
  }

  test('there are many', () => {
    expect(reached.size).toBeGreaterThan(200)
  })

  test('what one process searches by, another that is a step apart writes, so that both fill one unique index', () => {
    for (const before of reached.values()) {
      const one = known(before)
      for (const after of successors(before)) {
        const other = known(after)
        if (one === undefined || other === undefined) continue
        const writes = ({ written }: IndexGenerations) => written.map(({ generation }) => generation)
        expect(writes(other)).toContain(one.read.generation)
        expect(writes(one)).toContain(other.read.generation)
      }
    }
  })

  test('no two generations that have terms share a slot', () => {
    for (const keys of reached.values()) {
      const slots = keys
        .filter(({ state }) => state !== 'destroyed')
        .map(({ generation }) => slotOf(generation))
      expect(new Set(slots).size).toBe(slots.length)
    }
  })

  test('without hindrance each ends with one key in use', () => {
    for (const start of reached.values()) {
      let keys = start
      for (let steps = 0; ; steps += 1) {
        expect(steps).toBeLessThan(12)
        const isDue = (current?: StoredKey): boolean => current?.state !== 'enabled'
        const step = nextStep({ keys, version: 'n1', isDue, terms: whole })
        if (step.kind === 'none') break
        expect(step.kind).not.toBe('stuck')
        if (step.kind === 'publish') keys = [...keys, keyOf(step.generation, step.state)]
        if (step.kind === 'change')
          keys = keys.map((key) => (step.keys.includes(key) ? { ...key, state: step.to } : key))
      }
      const present = keys.filter(({ state }) => state !== 'destroyed')
      expect(present.map(({ state }) => state)).toEqual(['enabled'])
    }
  })
})
