import { createHash } from 'node:crypto'

import { slotOf } from '../../crypto/index-keys.ts'
import type { TermCounts, TermPlan, TermPlans } from '../../crypto/term-plan.ts'
import type { StoredPath } from './index-paths.ts'
import type { JobTools } from '../job-handler.ts'
import type { JobRun } from '../job-run.ts'
import { type DocumentPlace, scanDocuments } from '../scan-documents.ts'
import type { TermsPage } from '../sealed-collection.ts'

/** Where a scan that makes terms goes on. */
export interface TermsCheckpoint extends DocumentPlace {
  /** Of the key states that it makes them for. */
  readonly states: string
}

export interface MadeTerms {
  /** By the names of tuples: what the scan behind the work found; what is absent is as planned. */
  readonly counts: ReadonlyMap<string, TermCounts>
  /** By collection: ids of documents whose terms a unique index refused, as many as a person looks at. */
  readonly duplicates: ReadonlyMap<string, readonly string[]>
}

const mostNamed = 20

export interface MakeTermsOptions {
  readonly paths: readonly StoredPath[]
  readonly resumed: TermsCheckpoint | undefined
  readonly run: JobRun
  readonly tools: JobTools
  /** Writes down where the scan is, beside what else the job knows. */
  readonly save: (
    phase: 'index' | 'prove',
    at: number,
    total: number,
    terms?: TermsCheckpoint,
  ) => Promise<void>
  readonly count: (page: TermsPage) => void
}

/**
 * Makes the terms of all documents as the key states say, then scans them all and counts what is otherwise. A document that
 * is written meanwhile is left to its writer, and looked at again in the next round. It ends when nothing is otherwise, or a
 * round changes nothing.
 */
export async function makeTerms(options: MakeTermsOptions): Promise<MadeTerms> {
  const { paths, resumed } = options
  const plans = new Map(paths.map((path) => [path.tuple.name, planTerms(path)]))
  const states = nameStates(paths)
  let from: DocumentPlace = resumed?.states === states ? resumed : { collection: 0 }
  for (;;) {
    const made = await scan(plans, true, from, states, options)
    const proof = await scan(plans, false, { collection: 0 }, states, options)
    const isWhole = [...proof.counts.values()].every(({ wrong, surplus }) => wrong === 0 && surplus === 0)
    // A round that another process began may have changed something.
    const hasEnded = from.after === undefined && made.changed === 0 && made.contested === 0
    if (isWhole || hasEnded) return { counts: proof.counts, duplicates: made.duplicates }
    from = { collection: 0 }
  }
}

/** What the key states of a path ask of its terms. */
export function planTerms({ tuple, keys }: StoredPath): TermPlan {
  const slotsIn = (...states: readonly string[]) =>
    keys
      .filter(({ state }) => states.includes(state))
      .map(({ generation, keyId, indexVersion }) => ({
        slot: slotOf(generation),
        keyId: keyId.toString('hex'),
        version: indexVersion,
      }))
  return {
    tuple,
    filled: slotsIn('enabled', 'compromised', 'indexing'),
    kept: slotsIn('disabled').map(({ slot }) => slot),
  }
}

function nameStates(paths: readonly StoredPath[]): string {
  const hash = createHash('sha256')
  for (const { tuple, keys } of paths)
    hash.update(JSON.stringify([tuple.name, keys.map(({ generation, state }) => [generation, state])]))
  return hash.digest('base64url').slice(0, 22)
}

async function scan(
  plans: TermPlans,
  apply: boolean,
  from: DocumentPlace,
  states: string,
  { run, tools, save, count }: MakeTermsOptions,
): Promise<Omit<TermsPage, 'duplicates'> & MadeTerms> {
  const counts = new Map<string, TermCounts>()
  const duplicates = new Map<string, string[]>()
  const outcome = { changed: 0, contested: 0 }
  const keyTypes = new Set([...plans.values()].map(({ tuple }) => tuple.keyType))
  let at = from.after === undefined ? 0 : (run.progress?.at ?? 0)
  await scanDocuments(tools.collections, {
    from,
    pageSize: Math.min(...[...keyTypes].map((keyType) => tools.policies.of(keyType).batchSize)),
    work: (collection, documents) => collection.reindex(documents, plans, apply),
    done: async (page, { collection, length, place, total }) => {
      for (const [name, more] of page.counts) counts.set(name, add(counts.get(name), more))
      // Where the key service is away, it is not these keys that cannot be had: the job waits for it.
      if ([...page.counts.values()].some(({ unavailable }) => unavailable > 0)) await tools.provider.check()
      const named = [...(duplicates.get(collection.name) ?? []), ...page.duplicates]
      duplicates.set(collection.name, named.slice(0, mostNamed))
      outcome.changed += page.changed
      outcome.contested += page.contested
      count(page)
      at += length
      await save(apply ? 'index' : 'prove', at, total, apply ? { ...place, states } : undefined)
    },
  })
  return { ...outcome, counts, duplicates }
}

function add(one: TermCounts | undefined, other: TermCounts): TermCounts {
  if (one === undefined) return other
  return {
    wrong: one.wrong + other.wrong,
    surplus: one.surplus + other.surplus,
    unreadable: one.unreadable + other.unreadable,
    unavailable: one.unavailable + other.unavailable,
  }
}
