import { describe, expect, test } from '@jest/globals'

import { blockExpiredKeks } from '../../../src/crypto/block-expired-keks.ts'
import { dayMs, isGraceOver, judgeKekAge } from '../../../src/crypto/kek-age.ts'
import type { Kek } from '../../../src/crypto/key-provider.ts'
import { KeyPolicies } from '../../../src/crypto/key-policy.ts'
import { FakeKeyProvider } from '../../support/fake-key-provider.ts'

describe('key policies', () => {
  test.each([
    ['FINANCIAL', 90, 365, 30],
    ['PII', 180, 730, 30],
    ['SESSION', 30, 90, 7],
    ['API_KEY', 90, 365, 30],
    ['AUDIT_LOG', 365, 1825, 90],
  ])(
    '%s comes with %i days between rotations, %i of age and %i of grace',
    (keyType, rotation, age, grace) => {
      expect(KeyPolicies.read().of(keyType)).toEqual({
        rotationDays: rotation,
        maxAgeDays: age,
        graceDays: grace,
        batchSize: 1_000,
        automatic: true,
      })
    },
  )

  test('a file changes members of a type, adds types, and leaves the rest', () => {
    const policies = KeyPolicies.read({
      FINANCIAL: { rotationDays: 60, automatic: false },
      HEALTH: { rotationDays: 30, maxAgeDays: 60, graceDays: 5 },
    })
    expect(policies.of('FINANCIAL')).toMatchObject({ rotationDays: 60, maxAgeDays: 365, automatic: false })
    expect(policies.of('HEALTH')).toMatchObject({ rotationDays: 30, batchSize: 1_000, automatic: true })
    expect(policies.of('PII')).toEqual(KeyPolicies.read().of('PII'))
  })

  test('a type that only a schema names has the policy of PII', () => {
    expect(KeyPolicies.read().of('PASSPORT')).toEqual(KeyPolicies.read().of('PII'))
  })

  test.each([
    [[], 'must be an object'],
    [{ financial: {} }, 'not a key type'],
    [{ FINANCIAL: 90 }, 'FINANCIAL must be an object'],
    [{ FINANCIAL: { rotationDay: 90 } }, 'rotationDay is none of'],
    [{ FINANCIAL: { rotationDays: 0 } }, 'rotationDays must be a whole number from 1 to 3650'],
    [{ FINANCIAL: { rotationDays: '90' } }, 'rotationDays must be'],
    [{ FINANCIAL: { rotationDays: 1.5 } }, 'rotationDays must be'],
    [{ FINANCIAL: { batchSize: 1001 } }, 'batchSize must be a whole number from 1 to 1000'],
    [{ FINANCIAL: { automatic: 'yes' } }, 'automatic must be true or false'],
    [{ FINANCIAL: { maxAgeDays: 80 } }, 'ends before the first rotation'],
    [{ FINANCIAL: { graceDays: 90 } }, 'old versions pile up'],
    [{ HEALTH: { rotationDays: 30 } }, 'maxAgeDays is needed'],
  ])('%j is refused at start: %s', (written, problem) => {
    expect(() => KeyPolicies.read(written)).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringContaining(problem) as unknown,
      }),
    )
  })
})

describe('the age of a KEK', () => {
  const policy = KeyPolicies.read().of('FINANCIAL')
  const statusAt = (days: number) => ({
    newest: 2,
    oldest: 1,
    newestCreatedAt: new Date(Date.now() - days * dayMs - 1),
  })

  test.each([
    [0, 'CURRENT'],
    [89, 'CURRENT'],
    [90, 'DUE'],
    [365, 'EXPIRED'],
    [394, 'EXPIRED'],
    [395, 'BLOCKED'],
  ])('after %i days it is %s', (days, age) => {
    expect(judgeKekAge(statusAt(days), policy)).toBe(age)
  })

  test('is unknown where the key service does not say it, and then no grace is over', () => {
    const status = { newest: 2, oldest: 1, newestCreatedAt: undefined }
    expect(judgeKekAge(status, policy)).toBe('UNKNOWN')
    expect(isGraceOver(status, policy)).toBe(false)
  })
})

describe('a provider under policies', () => {
  const kek: Kek = { keyType: 'FINANCIAL', purpose: 'REVEAL' }
  const item = { context: Buffer.from('c'), key: Buffer.alloc(32, 1) }

  test('warns of a KEK past its maximum age, then wraps nothing under it, until it is rotated', async () => {
    let now = Date.now()
    const fake = new FakeKeyProvider()
    fake.now = () => now
    await fake.rotate(kek)
    const warnings: string[] = []
    const provider = blockExpiredKeks(fake, {
      policies: KeyPolicies.read(),
      onExpired: ({ keyType }, age) => warnings.push(`${keyType} ${age}`),
      now: () => now,
    })
    const [wrapped] = await provider.wrap(kek, [item])
    if (wrapped?.ok !== true) throw new Error('not wrapped')
    expect(warnings).toEqual([])
    now += 366 * dayMs
    expect(await provider.wrap(kek, [item])).toMatchObject([{ ok: true }])
    expect(await provider.wrap(kek, [item])).toMatchObject([{ ok: true }])
    expect(warnings).toEqual(['FINANCIAL EXPIRED'])
    now += 30 * dayMs
    for (let tries = 0; tries < 2; tries += 1) {
      await expect(provider.wrap(kek, [item])).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
      now += 2_000
    }
    expect(warnings).toEqual(['FINANCIAL EXPIRED', 'FINANCIAL BLOCKED'])
    const unwrapped = await provider.unwrap(kek, [{ context: item.context, wrapped: wrapped.bytes }])
    expect(unwrapped).toMatchObject([{ ok: true }])
    await provider.rotate(kek)
    now += 2_000
    expect(await provider.wrap(kek, [item])).toMatchObject([{ ok: true }])
  })
})
