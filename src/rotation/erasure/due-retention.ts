import { isDeepStrictEqual } from 'node:util'

import { dayMs } from '../../crypto/kek-age.ts'
import type { Job, JobParameters } from '../job.ts'
import type { RetentionRule } from './retain-documents.ts'

/**
 * What the rules of a schema ask for now: once a day, and for rules that are new or changed first a dry run, of which
 * somebody may learn for a day what it would erase.
 *
 * @param jobs - the latest jobs, of all processes
 */
export function findDueRetention(
  rules: readonly RetentionRule[],
  jobs: readonly Job[],
  now: number,
): JobParameters['retain'] | undefined {
  if (rules.length === 0) return undefined
  const same = jobs.filter((job) => job.kind === 'retain' && isDeepStrictEqual(job.parameters.rules, rules))
  if (same.some(({ createdAt }) => createdAt.getTime() >= now - dayMs)) return undefined
  return { rules, apply: same.some(({ state }) => state === 'done') }
}
