import { GatewayError } from '../errors.ts'
import type { Kek } from '../crypto/key-provider.ts'
import { rewrapCanary } from '../crypto/rewrap-canary.ts'
import { countOldKeys } from './count-old-keys.ts'
import type { JobHandler, JobTools } from './job-handler.ts'
import type { JobRun } from './job-run.ts'
import { kekName } from './kek-name.ts'
import { recordKeyEvent } from './key-event.ts'
import type { KekTargets } from './old-keys.ts'
import { rewrapPage } from './rewrap-page.ts'
import { scanRows } from './scan-rows.ts'

interface Checkpoint {
  /** By KEK: the version that was the newest when the job began. */
  readonly targets: Readonly<Record<string, number>>
  /** The last row of this round that is done, in hex. */
  readonly after?: string
  /** Whether all rows of this round are done, so that the proof comes next. */
  readonly rewrapped: boolean
}

/**
 * Data keys under the newest version of their KEK, then a scan of all rows that counts what is left below it. Writers may
 * go on meanwhile: a key that one of them wrapped just before the rotation is found by the scan, and the job goes round again.
 * It fails when a round changes nothing and keys are still left: they do not open.
 */
export const rewrapDataKeys: JobHandler<'rewrap'> = async (job, run, tools) => {
  const { keks, keyService } = job.parameters
  if (keyService !== undefined && keyService !== tools.provider.name) {
    const message = `The job moves keys to ${keyService}: a process whose keys are there shall run it.`
    throw new GatewayError('KEY_UNAVAILABLE', { message })
  }
  const resumed = run.progress?.checkpoint as Checkpoint | undefined
  const versions = resumed?.targets ?? (await readNewest(keks, tools))
  const targets = new Map(keks.map((kek) => [kekName(kek), { kek, version: versions[kekName(kek)] ?? 1 }]))
  let checkpoint: Checkpoint = resumed ?? { targets: versions, rewrapped: false }
  for (;;) {
    // A round that another process began may have changed something.
    let changed = checkpoint.rewrapped || checkpoint.after !== undefined
    if (!checkpoint.rewrapped) changed = (await rewrapRows(checkpoint, targets, run, tools)) || changed
    checkpoint = { targets: versions, rewrapped: true }
    const left = await countOldKeys(targets, { ...checkpoint }, run, tools)
    const total = [...left.values()].reduce((sum, count) => sum + count, 0)
    if (total === 0 || !changed) {
      await recordKeyEvent(tools.audit, job, 'rewrapped', keks)
      const findings = [...left].map(
        ([name, count]) => `${name}: ${count} data keys left under versions below ${versions[name] ?? 1}`,
      )
      const failure = `${total} data keys do not open under their KEK, and stay as they are. Nothing may be trimmed.`
      return total === 0 ? { findings } : { findings, failure }
    }
    checkpoint = { targets: versions, rewrapped: false }
  }
}

async function readNewest(keks: readonly Kek[], { provider }: JobTools): Promise<Record<string, number>> {
  const statuses = keks.map(async (kek) => [kekName(kek), (await provider.status(kek)).newest] as const)
  return Object.fromEntries(await Promise.all(statuses))
}

/** One round over all rows, from the checkpoint on, and the canaries. @returns whether anything was changed */
async function rewrapRows(
  checkpoint: Checkpoint,
  targets: KekTargets,
  run: JobRun,
  tools: JobTools,
): Promise<boolean> {
  const { keyStore, policies, provider } = tools
  const counters = { rewrapped: 0, contested: 0, unopened: 0, ...run.progress?.counters }
  const total = await keyStore.count()
  let at = checkpoint.after === undefined ? 0 : (run.progress?.at ?? 0)
  let changed = false
  await scanRows(keyStore, {
    after: checkpoint.after,
    pageSize: Math.min(...[...targets.values()].map(({ kek }) => policies.of(kek.keyType).batchSize)),
    work: (rows) => rewrapPage(rows, targets, tools),
    done: async (outcome, { length, last }) => {
      for (const name of ['rewrapped', 'contested', 'unopened'] as const) counters[name] += outcome[name]
      changed ||= outcome.rewrapped > 0
      at += length
      const progress = { counters: { ...counters }, phase: 'rewrap', at, total }
      await run.save({ ...progress, checkpoint: { ...checkpoint, after: last } })
    },
  })
  for (const { kek, version } of targets.values()) await rewrapCanary(provider, keyStore, kek, version)
  return changed
}
