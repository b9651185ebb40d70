import { isDue, judgeKekAge } from '../crypto/kek-age.ts'
import type { JobHandler } from './job-handler.ts'
import { kekName } from './kek-name.ts'
import { recordKeyEvent } from './key-event.ts'

/** By KEK: the version that this job found as the newest, written down before it made another. */
type Checkpoint = Readonly<Record<string, number>>

/**
 * One new version of each KEK, and of none twice: a job that was interrupted behind a rotation finds by its checkpoint that
 * the KEK has moved on.
 */
export const rotateKeks: JobHandler<'rotate'> = async (job, run, { provider, policies, audit, now }) => {
  const { keks, onlyDue = false } = job.parameters
  const checkpoint: Record<string, number> = { ...(run.progress?.checkpoint as Checkpoint | undefined) }
  const findings: string[] = []
  const save = (at: number): Promise<void> =>
    run.save({ checkpoint: { ...checkpoint }, counters: {}, phase: 'rotate', at, total: keks.length }, 'now')
  for (const [index, kek] of keks.entries()) {
    const name = kekName(kek)
    const status = await provider.status(kek)
    const begun = checkpoint[name]
    if (begun === undefined && onlyDue && !isDue(judgeKekAge(status, policies.of(kek.keyType), now?.()))) {
      findings.push(`${name}: version ${status.newest} is not due for a successor`)
      continue
    }
    const before = begun ?? status.newest
    checkpoint[name] = before
    await save(index)
    const newest = status.newest > before ? status.newest : (await provider.rotate(kek)).newest
    findings.push(`${name}: version ${newest} wraps from now on, ${before} before`)
    await recordKeyEvent(audit, job, 'rotated', [kek])
  }
  await save(keks.length)
  return { findings }
}
