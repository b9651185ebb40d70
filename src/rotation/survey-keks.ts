import { judgeKekAge, type KekAge, dayMs } from '../crypto/kek-age.ts'
import type { Kek, KekStatus } from '../crypto/key-provider.ts'
import type { KeyPolicy } from '../crypto/key-policy.ts'
import type { JobTools } from './job-handler.ts'

/** How a KEK is, and what its policy says of that. */
export interface KekSurvey {
  readonly kek: Kek
  readonly status: KekStatus
  readonly policy: KeyPolicy
  readonly age: KekAge
  /** When its next version is due; undefined when the key service does not say how old it is. */
  readonly dueAt: Date | undefined
}

/** @throws KEY_UNAVAILABLE when the key service does not answer */
export function surveyKeks(
  keks: readonly Kek[],
  { provider, policies, now = Date.now }: Pick<JobTools, 'provider' | 'policies' | 'now'>,
): Promise<readonly KekSurvey[]> {
  return Promise.all(
    keks.map(async (kek) => {
      const status = await provider.status(kek)
      const policy = policies.of(kek.keyType)
      const { newestCreatedAt: made } = status
      const dueAt = made === undefined ? undefined : new Date(made.getTime() + policy.rotationDays * dayMs)
      return { kek, status, policy, age: judgeKekAge(status, policy, now()), dueAt }
    }),
  )
}
