import type { KekStatus } from './key-provider.ts'
import type { KeyPolicy } from './key-policy.ts'

export const dayMs = 86_400_000

/**
 * - `CURRENT`: all is well.
 * - `DUE`: its rotation interval has passed.
 * - `EXPIRED`: its maximum age has passed: it is warned of.
 * - `BLOCKED`: the days of grace behind that have passed too: it wraps no new data keys.
 * - `UNKNOWN`: the key service does not say how old it is.
 */
export type KekAge = 'CURRENT' | 'DUE' | 'EXPIRED' | 'BLOCKED' | 'UNKNOWN'

export function judgeKekAge({ newestCreatedAt }: KekStatus, policy: KeyPolicy, now = Date.now()): KekAge {
  if (newestCreatedAt === undefined) return 'UNKNOWN'
  const days = (now - newestCreatedAt.getTime()) / dayMs
  if (days >= policy.maxAgeDays + policy.graceDays) return 'BLOCKED'
  if (days >= policy.maxAgeDays) return 'EXPIRED'
  return days >= policy.rotationDays ? 'DUE' : 'CURRENT'
}

/** Whether a new version is to be made. */
export function isDue(age: KekAge): boolean {
  return age === 'DUE' || age === 'EXPIRED' || age === 'BLOCKED'
}

/** Whether the versions before the newest have had their days of grace. */
export function isGraceOver(
  { newestCreatedAt }: KekStatus,
  { graceDays }: KeyPolicy,
  now = Date.now(),
): boolean {
  return newestCreatedAt !== undefined && now - newestCreatedAt.getTime() >= graceDays * dayMs
}
