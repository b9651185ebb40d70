import { isGraceOver } from '../crypto/kek-age.ts'
import type { Kek, KekStatus } from '../crypto/key-provider.ts'
import { countOldKeys } from './count-old-keys.ts'
import type { JobHandler, JobTools } from './job-handler.ts'
import { kekName } from './kek-name.ts'
import { recordKeyEvent } from './key-event.ts'

/**
 * Also without grace the newest version must be this old, in milliseconds: a writer who wrapped a key by the version before
 * has stored it by then, so that the scan sees it.
 */
export const leastAgeMs = 600_000

/**
 * Destroys the KEK versions that have had their days of grace and wrap nothing any more. A dry run comes first, always: a
 * scan of all rows counts what is left under them, and where that is more than nothing the version stays.
 */
export const trimKeks: JobHandler<'cleanup'> = async (job, run, tools) => {
  const { keks, apply, ignoreGrace = false } = job.parameters
  const findings: string[] = []
  const targets = new Map<string, { kek: Kek; version: number }>()
  for (const kek of keks) {
    const status = await tools.provider.status(kek)
    const why = refusal(kek, status, ignoreGrace, tools)
    if (why !== undefined) findings.push(`${kekName(kek)}: ${why}`)
    else targets.set(kekName(kek), { kek, version: status.newest })
  }
  if (targets.size === 0) return { findings }
  const left = await countOldKeys(targets, {}, run, tools)
  for (const [name, { kek, version }] of targets) {
    const count = left.get(name) ?? 0
    const older = `versions below ${version}`
    if (count > 0) findings.push(`${name}: ${count} data keys left under ${older}; they stay until a rewrap`)
    else if (!apply) findings.push(`${name}: 0 data keys left under ${older}; they would be destroyed`)
    else {
      await tools.provider.trim(kek, version)
      await recordKeyEvent(tools.audit, job, 'trimmed', [kek])
      findings.push(`${name}: 0 data keys left under ${older}; they were destroyed`)
    }
  }
  return { findings }
}

function refusal(
  kek: Kek,
  status: KekStatus,
  ignoreGrace: boolean,
  { policies, now = Date.now }: JobTools,
): string | undefined {
  const policy = policies.of(kek.keyType)
  if (status.oldest === status.newest) return `version ${status.newest} is the only one`
  const { newestCreatedAt } = status
  if (newestCreatedAt === undefined) return 'the key service does not say how old its newest version is'
  if (ignoreGrace) {
    const rest = leastAgeMs - (now() - newestCreatedAt.getTime())
    return rest > 0
      ? `version ${status.newest} is too young: try again in ${Math.ceil(rest / 1_000)} s`
      : undefined
  }
  if (isGraceOver(status, policy, now())) return undefined
  return `older versions have ${policy.graceDays} days of grace after ${newestCreatedAt.toISOString().slice(0, 10)}`
}
