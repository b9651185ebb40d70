import type { StoredKey } from '../../crypto/key-store.ts'
import { indexedWriteMs, stateBoundMs } from '../../crypto/state-bound.ts'
import { isIndexDue } from './index-due.ts'
import { findTenantPaths, readStoredPaths, type StoredPath } from './index-paths.ts'
import { isMoving, needsTerms, nextStep } from './index-step.ts'
import type { JobHandler, JobOutcome, JobTools } from '../job-handler.ts'
import { type MadeTerms, makeTerms, type TermsCheckpoint } from './make-terms.ts'
import { type DecidedStep, takeIndexSteps } from './take-index-steps.ts'

interface Checkpoint {
  readonly terms?: TermsCheckpoint
  /** By path: how many keys this job has destroyed. */
  readonly destroyed: Readonly<Record<string, number>>
}

const none: MadeTerms = { counts: new Map(), duplicates: new Map() }

/**
 * Index terms under new keys, and by the normaliser that the schema asks for now. One round is one phase of
 * `judgeForIndex`, for all paths and tenants together: it reads the key states, waits until every process knows them and no
 * write is under way that was prepared by older ones, makes and proves the terms that they ask for, and takes the next step
 * where the states are still the same. Nothing else is remembered, so an interrupted job begins with such a round again.
 *
 * It fails where terms cannot be made: of values that do not open, or that the schema's new normaliser makes equal. The path
 * stays where it is then, searched by its old terms, until the job is asked for again.
 */
export const reindexTerms: JobHandler<'reindex'> = async (job, run, tools) => {
  const { keyTypes, onlyDue = false } = job.parameters
  const { keyStore, now = Date.now, boundMs = stateBoundMs + indexedWriteMs } = tools
  const resumed = run.progress?.checkpoint as Checkpoint | undefined
  const destroyed: Record<string, number> = { ...resumed?.destroyed }
  const counters = { changed: 0, contested: 0, duplicates: 0, ...run.progress?.counters }
  let terms = resumed?.terms
  const save = (
    phase: string,
    at: number,
    total: number,
    next?: TermsCheckpoint,
    when?: 'now',
  ): Promise<void> => {
    const checkpoint = { destroyed: { ...destroyed }, ...(next !== undefined && { terms: next }) }
    return run.save({ checkpoint, counters: { ...counters }, phase, at, total }, when)
  }
  const tenantPaths = await findTenantPaths(keyTypes, tools)
  /** Paths whose newest key came into use by this job: also one that an earlier job had begun with. */
  const replaced = new Set<string>()
  const isDue =
    (path: StoredPath) =>
    (current: StoredKey | undefined): boolean => {
      if (!onlyDue)
        return current === undefined || (current.createdAt < job.createdAt && !replaced.has(path.tuple.name))
      return current !== undefined && isIndexDue(path, current, tools)
    }
  for (;;) {
    const paths = await readStoredPaths(tenantPaths, tools)
    const moving = paths.filter(({ keys }) => isMoving(keys))
    let made = none
    if (moving.length > 0) {
      await keyStore.advanceEpoch()
      await save('wait', 0, moving.length, terms, 'now')
      await run.pause(boundMs)
      const unfinished = moving.filter(({ keys }) => needsTerms(keys))
      if (unfinished.length > 0)
        made = await makeTerms({
          paths: unfinished,
          resumed: terms,
          run,
          tools,
          save,
          count: (page) => {
            counters.changed += page.changed
            counters.contested += page.contested
            counters.duplicates += page.duplicates.length
          },
        })
      terms = undefined
    }
    const steps = paths.map((path): DecidedStep => {
      const counts = made.counts.get(path.tuple.name) ?? {
        wrong: 0,
        surplus: 0,
        unreadable: 0,
        unavailable: 0,
      }
      const situation = { keys: path.keys, version: path.path.version, isDue: isDue(path), terms: counts }
      const step = nextStep(situation)
      // A first key is made older than the job, so that it is replaced at once: values may have been there before it.
      const isFirst = step.kind === 'publish' && step.state === 'enabled'
      const youngest = job.createdAt.getTime()
      const createdAt = new Date(isFirst ? youngest - 1 : Math.max(now(), youngest))
      return { path, step, createdAt }
    })
    const taken = steps.filter(({ step }) => step.kind === 'publish' || step.kind === 'change')
    if (taken.length === 0) return describe(steps, made, destroyed, tools)
    await save('step', 0, taken.length, undefined, 'now')
    await takeIndexSteps(taken, job, tools)
    await keyStore.advanceEpoch()
    for (const { path, step } of taken) {
      if (step.kind === 'change' && step.to === 'enabled') replaced.add(path.tuple.name)
      if (step.kind === 'change' && step.to === 'destroyed')
        destroyed[path.path.scopeId] = (destroyed[path.path.scopeId] ?? 0) + step.keys.length
    }
  }
}

function describe(
  steps: readonly DecidedStep[],
  { counts, duplicates }: MadeTerms,
  destroyed: Readonly<Record<string, number>>,
  { collections }: JobTools,
): JobOutcome {
  const stuck = steps.filter(({ step }) => step.kind === 'stuck').map(({ path }) => path)
  const named = new Set(steps.map(({ path }) => path.path.scopeId))
  const findings = [...named].sort().map((scopeId) => {
    const count = destroyed[scopeId] ?? 0
    return count === 0
      ? `${scopeId}: no key was replaced`
      : `${scopeId}: 0 terms left under replaced keys; destroyed: ${count}`
  })
  if (stuck.length === 0) return { findings }
  const sum = { wrong: 0, unreadable: 0, unavailable: 0 }
  for (const { tuple } of stuck) {
    const of = counts.get(tuple.name)
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += of?.[name] ?? 0
  }
  for (const { name } of collections) {
    const ids = duplicates.get(name) ?? []
    if (ids.length > 0) findings.push(`${name}: values that others have too, in ${ids.join(', ')}`)
  }
  const failure = `${sum.wrong} values have no new term, ${sum.unreadable} do not open or cannot be normalised, the keys of ${sum.unavailable} cannot be had. They are searched by their old terms.`
  return { findings, failure }
}
