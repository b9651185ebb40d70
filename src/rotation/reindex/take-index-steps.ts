import { DataKey } from '../../crypto/data-key.ts'
import { KekBatches } from '../../crypto/kek-batches.ts'
import type { KeyForm, RowChange, StoredKey } from '../../crypto/key-store.ts'
import { GatewayError } from '../../errors.ts'
import type { StoredPath } from './index-paths.ts'
import type { IndexStep } from './index-step.ts'
import type { Job } from '../job.ts'
import type { JobTools } from '../job-handler.ts'
import { recordKeyEvent } from '../key-event.ts'

export interface DecidedStep {
  readonly path: StoredPath
  readonly step: IndexStep
  /** Of a key that is published. */
  readonly createdAt: Date
}

/** How many keys are made, or rows changed, at once. */
const pageSize = 500

/**
 * Takes steps where the generations of the path are still what the step was decided by: another process that came between
 * has its way.
 */
export async function takeIndexSteps(
  steps: readonly DecidedStep[],
  job: Pick<Job, 'id' | 'startedBy'>,
  tools: JobTools,
): Promise<void> {
  for (let start = 0; start < steps.length; start += pageSize) {
    const page = steps.slice(start, start + pageSize)
    await publish(page, job, tools)
    const changes = page.flatMap((decided): RowChange[] => changeOf(decided) ?? [])
    const destroyed = page.filter(({ step }) => step.kind === 'change' && step.to === 'destroyed')
    // Before the change: what was destroyed without a word in the log would be worse than the reverse.
    for (const { path, step } of destroyed) {
      const keys = step.kind === 'change' ? step.keys : []
      const audited = keys.map(({ keyId }) => ({
        id: keyId.toString('hex'),
        subject: path.tuple.holder.scopeId,
      }))
      await recordKeyEvent(tools.audit, job, 'reindexed', [path.tuple], audited)
    }
    if (changes.length > 0) await tools.keyStore.changeKeys(changes)
  }
}

/** All generations are compared, those too that stay. */
function changeOf({ path: { rowId, keys }, step }: DecidedStep): [RowChange] | undefined {
  if (step.kind !== 'change') return undefined
  const next = (key: StoredKey): KeyForm => {
    if (!step.keys.includes(key)) return { wrapped: key.wrapped, state: key.state }
    return { wrapped: step.to === 'destroyed' ? Buffer.alloc(0) : key.wrapped, state: step.to }
  }
  return [{ rowId, keys: keys.map((key) => ({ slot: key, from: key, to: next(key) })) }]
}

/** Makes and stores the keys of new generations; a slot that another process has taken meanwhile stays its. */
async function publish(
  steps: readonly DecidedStep[],
  job: Pick<Job, 'id' | 'startedBy'>,
  { keyStore, provider, audit }: JobTools,
): Promise<void> {
  const made = steps.flatMap(({ path, step, createdAt }) =>
    step.kind === 'publish' ? [{ path, step, createdAt, tuple: path.tuple, key: DataKey.create() }] : [],
  )
  if (made.length === 0) return
  try {
    const wrapped = await new KekBatches(provider).wrap(made)
    for (const [index, { path, step, createdAt, tuple, key }] of made.entries()) {
      const bytes = wrapped[index]
      if (bytes === undefined) throw new GatewayError('KEY_UNAVAILABLE')
      const { keyType, purpose, holder } = tuple
      const stored: StoredKey = {
        keyType,
        purpose,
        generation: step.generation,
        keyId: key.keyId,
        wrapped: bytes,
        state: step.state,
        createdAt,
        indexVersion: path.path.version,
      }
      const audited = { id: key.keyId.toString('hex'), subject: holder.scopeId }
      await recordKeyEvent(audit, job, 'created', [tuple], [audited])
      if (path.row === undefined) await keyStore.insertMissing([{ id: path.rowId, holder, keys: [stored] }])
      else await keyStore.addKeys(path.rowId, [stored])
    }
  } finally {
    for (const { key } of made) key.release()
  }
}
