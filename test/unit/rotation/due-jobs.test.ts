import { describe, expect, test } from '@jest/globals'

import { dayMs, judgeKekAge } from '../../../src/crypto/kek-age.ts'
import type { Kek } from '../../../src/crypto/key-provider.ts'
import { KeyPolicies } from '../../../src/crypto/key-policy.ts'
import { findDueJobs } from '../../../src/rotation/due-jobs.ts'
import type { Job, JobKind } from '../../../src/rotation/job.ts'
import type { KekSurvey } from '../../../src/rotation/survey-keks.ts'

const now = Date.UTC(2030, 0, 1)
const reveal: Kek = { keyType: 'FINANCIAL', purpose: 'REVEAL' }
const mask: Kek = { keyType: 'FINANCIAL', purpose: 'MASK' }

function survey(
  kek: Kek,
  days: number,
  newest = 1,
  oldest = newest,
  policies = KeyPolicies.read(),
): KekSurvey {
  const policy = policies.of(kek.keyType)
  const status = { newest, oldest, newestCreatedAt: new Date(now - days * dayMs) }
  return { kek, status, policy, age: judgeKekAge(status, policy, now), dueAt: undefined }
}

function job(kind: JobKind, keks: readonly Kek[], daysAgo: number, state: Job['state'] = 'done'): Job {
  const createdAt = new Date(now - daysAgo * dayMs)
  return { kind, parameters: { keks }, createdAt, state } as unknown as Job
}

const kinds = (...parameters: Parameters<typeof findDueJobs>): string[] =>
  findDueJobs(...parameters).map(({ kind, parameters: told }) =>
    'apply' in told ? `${kind} ${told.apply ? 'for good' : 'dry'}` : kind,
  )

describe('what the schedule asks for', () => {
  test('is nothing while all is current', () => {
    expect(kinds([survey(reveal, 89), survey(mask, 1)], [], now)).toEqual([])
  })

  test('is one rotation for the KEKs of a type that are due, and only if they still are when it comes to them', () => {
    expect(findDueJobs([survey(reveal, 90), survey(mask, 10)], [], now)).toEqual([
      { kind: 'rotate', parameters: { keks: [reveal], onlyDue: true } },
    ])
  })

  test('is no second rotation on the same day, even when the first failed', () => {
    expect(kinds([survey(reveal, 90)], [job('rotate', [reveal], 0.5, 'failed')], now)).toEqual([])
    expect(kinds([survey(reveal, 90)], [job('rotate', [reveal], 1.1, 'failed')], now)).toEqual(['rotate'])
  })

  test('is nothing of a type that people rotate by hand', () => {
    const byHand = KeyPolicies.read({ FINANCIAL: { automatic: false } })
    expect(kinds([survey(reveal, 400, 3, 1, byHand)], [], now)).toEqual([])
  })

  test('is one rewrap behind each new version', () => {
    const surveys = [survey(reveal, 2, 2, 1)]
    expect(kinds(surveys, [job('rewrap', [reveal], 3)], now)).toEqual(['rewrap'])
    expect(kinds(surveys, [job('rewrap', [reveal], 1)], now)).toEqual([])
    expect(kinds(surveys, [job('rewrap', [mask], 1)], now)).toEqual(['rewrap'])
  })

  test('is the end of old versions after the days of grace, a day after it was told of', () => {
    const surveys = [survey(reveal, 31, 2, 1)]
    const rewrapped = job('rewrap', [reveal], 30)
    expect(kinds([survey(reveal, 29, 2, 1)], [job('rewrap', [reveal], 28)], now)).toEqual([])
    expect(kinds(surveys, [rewrapped], now)).toEqual(['cleanup dry'])
    expect(kinds(surveys, [rewrapped, job('cleanup', [reveal], 0.5)], now)).toEqual([])
    expect(kinds(surveys, [rewrapped, job('cleanup', [reveal], 1.1)], now)).toEqual(['cleanup for good'])
    expect(kinds(surveys, [rewrapped, job('cleanup', [reveal], 1.1, 'failed')], now)).toEqual(['cleanup dry'])
  })

  test('is new index terms once a day, where their keys are due and rotation is automatic', () => {
    const surveys = [survey(reveal, 1)]
    const parameters = { keyTypes: ['FINANCIAL'], onlyDue: true }
    expect(findDueJobs(surveys, [], now, ['FINANCIAL', 'PII'])).toEqual([{ kind: 'reindex', parameters }])
    const asked = (daysAgo: number): Job => ({ ...job('reindex', [], daysAgo, 'failed'), parameters }) as Job
    expect(kinds(surveys, [asked(0.5)], now, ['FINANCIAL'])).toEqual([])
    expect(kinds(surveys, [asked(1.1)], now, ['FINANCIAL'])).toEqual(['reindex'])
    const byHand = KeyPolicies.read({ FINANCIAL: { automatic: false } })
    expect(kinds([survey(reveal, 1, 1, 1, byHand)], [], now, ['FINANCIAL'])).toEqual([])
  })
})
