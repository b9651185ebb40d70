import type { JobTools } from './job-handler.ts'
import type { JobRun } from './job-run.ts'
import { findOldKeys, type KekTargets } from './old-keys.ts'
import { scanRows } from './scan-rows.ts'

/**
 * Looks at every row and every canary, and counts by KEK what is under versions below the target. Never resumed from a
 * checkpoint: an interrupted count begins anew.
 *
 * @param checkpoint - of the job, which stays as it is meanwhile
 */
export async function countOldKeys(
  targets: KekTargets,
  checkpoint: Readonly<Record<string, unknown>>,
  run: JobRun,
  { keyStore, provider }: JobTools,
): Promise<ReadonlyMap<string, number>> {
  const left = new Map([...targets.keys()].map((name) => [name, 0]))
  const add = (name: string, count: number): Map<string, number> =>
    left.set(name, (left.get(name) ?? 0) + count)
  const counters = run.progress?.counters ?? {}
  const total = await keyStore.count()
  let at = 0
  const save = (): Promise<void> => run.save({ checkpoint, counters, phase: 'prove', at, total })
  await scanRows(keyStore, {
    pageSize: 1_000,
    work: (rows) => Promise.resolve(findOldKeys(rows, targets, provider)),
    done: async (old, { length }) => {
      for (const [name, keys] of old) add(name, keys.length)
      at += length
      await save()
    },
  })
  for (const [name, { kek, version }] of targets) {
    const canary = await keyStore.findCanary(kek)
    if (canary !== undefined && (provider.versionOf(canary.wrapped) ?? 0) < version) add(name, 1)
  }
  return left
}
