import type { AuditWriter } from '../audit/audit-log.ts'
import type { KeyProvider } from '../crypto/key-provider.ts'
import type { KeyPolicies } from '../crypto/key-policy.ts'
import type { KeyStore } from '../crypto/key-store.ts'
import type { ErasureTools } from './erasure/erasure-tools.ts'
import type { Job, JobKind } from './job.ts'
import type { JobRun } from './job-run.ts'
import type { SealedCollection } from './sealed-collection.ts'

/** What jobs work with. */
export interface JobTools {
  readonly keyStore: KeyStore
  readonly provider: KeyProvider
  readonly policies: KeyPolicies
  /** Absent: no audit log is kept. */
  readonly audit: AuditWriter | undefined
  readonly collections: readonly SealedCollection[]
  /** Absent: a worker that erases nothing, and fails what it is asked to erase. */
  readonly erasure?: ErasureTools
  /**
   * Milliseconds after which no process works by older key states any more, nor ends what it began by them. Default:
   * `stateBoundMs` and `indexedWriteMs` together.
   */
  readonly boundMs?: number
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
}

export interface JobOutcome {
  readonly findings: readonly string[]
  /** Absent: the job did what its name says, whole. */
  readonly failure?: string
}

/** Runs a job of one kind from its checkpoint on. Whatever it does it may do twice, and beside another that does the same. */
export type JobHandler<Kind extends JobKind> = (
  job: Extract<Job, { readonly kind: Kind }>,
  run: JobRun,
  tools: JobTools,
) => Promise<JobOutcome>
