import type { KeyPurpose } from '../crypto/key-provider.ts'
import { stateBoundMs } from '../crypto/state-bound.ts'
import type { JobHandler, JobTools } from './job-handler.ts'
import type { JobRun } from './job-run.ts'
import { recordKeyEvent } from './key-event.ts'
import { type DocumentPlace, scanDocuments } from './scan-documents.ts'
import type { PageCounts, ReencryptRequest } from './sealed-collection.ts'

interface Checkpoint extends DocumentPlace {
  readonly phase: 'reencrypt' | 'prove'
  /** Whether this round has changed anything. */
  readonly changed: boolean
}

const fresh: Checkpoint = { phase: 'reencrypt', collection: 0, changed: false }

/**
 * Values under the current data keys of their holders, then a scan that counts the values that are not. A document that is
 * written meanwhile is left to its writer, and looked at again in the next round. It fails when a round changes nothing and
 * values are still left.
 */
export const reencryptValues: JobHandler<'reencrypt'> = async (job, run, tools) => {
  const { keyTypes, formerScope, formerKeyType } = job.parameters
  const unused = keyTypes.filter((keyType) => tools.collections.every((one) => !one.keyTypes.has(keyType)))
  // Records of the audit log and sealed stores are under keys too, and nothing here reads them: no proof about them.
  if (unused.length > 0)
    return { findings: [], failure: `No value of a document is under keys of the type ${unused.join(', ')}.` }
  const request = { keyTypes: new Set(keyTypes), formerScope, formerKeyType }
  let checkpoint = (run.progress?.checkpoint as Checkpoint | undefined) ?? fresh
  for (;;) {
    // By then no process works by a key whose state was changed before this job began.
    const bound = job.createdAt.getTime() + stateBoundMs
    // A round that began before may have taken old keys for the current ones.
    let changed = checkpoint.changed || Date.now() < bound
    if (checkpoint.phase === 'reencrypt') {
      const { counts } = await scanAll(checkpoint, { ...request, apply: true }, run, tools)
      changed ||= counts.changed > 0 || counts.contested > 0
      checkpoint = { phase: 'prove', collection: 0, changed }
    }
    await run.pause(Math.max(0, bound - Date.now()))
    const { left } = await scanAll(
      { phase: 'prove', collection: 0, changed },
      { ...request, apply: false },
      run,
      tools,
    )
    const total = [...left.values()].reduce((sum, count) => sum + count, 0)
    if (total === 0 || !changed) {
      const purposes: readonly KeyPurpose[] = ['REVEAL', 'MASK']
      const keks = keyTypes.flatMap((keyType) => purposes.map((purpose) => ({ keyType, purpose })))
      await recordKeyEvent(tools.audit, job, 'reencrypted', keks)
      const findings = [...left].map(
        ([name, count]) => `${name}: ${count} values left under other keys than the current`,
      )
      const failure = `${total} values do not open, or their keys cannot be had. They stay as they are.`
      return total === 0 ? { findings } : { findings, failure }
    }
    checkpoint = fresh
  }
}

/** One round over all collections, from the checkpoint on. */
async function scanAll(
  checkpoint: Checkpoint,
  request: ReencryptRequest,
  run: JobRun,
  { collections, policies, provider }: JobTools,
): Promise<{ readonly counts: PageCounts; readonly left: ReadonlyMap<string, number> }> {
  const counts = { stale: 0, changed: 0, contested: 0, failed: 0, unavailable: 0 }
  const before = request.apply ? run.progress?.counters : undefined
  const left = new Map(
    collections.slice(checkpoint.collection).map(({ name }): [string, number] => [name, 0]),
  )
  let at = checkpoint.collection === 0 && checkpoint.after === undefined ? 0 : (run.progress?.at ?? 0)
  await scanDocuments(collections, {
    from: checkpoint,
    pageSize: Math.min(...[...request.keyTypes].map((keyType) => policies.of(keyType).batchSize)),
    work: (collection, documents) => collection.reencrypt(documents, request),
    done: async (page, { collection, length, place, total }) => {
      for (const name of Object.keys(counts) as (keyof PageCounts)[]) counts[name] += page[name]
      // Where the key service is away, it is not these keys that cannot be had: the job waits for it.
      if (page.unavailable > 0) await provider.check()
      left.set(collection.name, (left.get(collection.name) ?? 0) + page.stale)
      at += length
      const changed = checkpoint.changed || counts.changed > 0 || counts.contested > 0
      await run.save({
        checkpoint: { ...checkpoint, ...place, changed },
        counters: request.apply ? add(before, counts) : (run.progress?.counters ?? {}),
        phase: checkpoint.phase,
        at,
        total,
      })
    },
  })
  return { counts, left }
}

function add(
  before: Readonly<Record<string, number>> | undefined,
  counts: PageCounts,
): Readonly<Record<string, number>> {
  const sums: Record<string, number> = { ...before }
  for (const name of Object.keys(counts) as (keyof PageCounts)[])
    sums[name] = (sums[name] ?? 0) + counts[name]
  return sums
}
