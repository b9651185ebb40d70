import type { AuditWriter } from '../../src/audit/audit-log.ts'
import { KeyPolicies } from '../../src/crypto/key-policy.ts'
import type { KeyProvider } from '../../src/crypto/key-provider.ts'
import type { KeyStore } from '../../src/crypto/key-store.ts'
import type { Job, JobKind, JobParameters, JobStore } from '../../src/rotation/job.ts'
import type { JobTools } from '../../src/rotation/job-handler.ts'
import { runJob } from '../../src/rotation/run-job.ts'
import { startJob } from '../../src/rotation/start-job.ts'

export interface JobBench {
  readonly tools: JobTools
  /** Starts a job and runs it to its end. */
  readonly run: <Kind extends JobKind>(kind: Kind, parameters: JobParameters[Kind]) => Promise<Job>
}

/** Runs jobs in this process, on a store and a key service of the test's. */
export function createJobBench(
  options: {
    readonly keyStore: KeyStore
    readonly jobStore: JobStore
    readonly provider: KeyProvider
    readonly audit?: AuditWriter
    readonly now?: () => number
  } & Partial<Pick<JobTools, 'policies' | 'collections'>>,
): JobBench {
  const { jobStore, ...rest } = options
  const tools: JobTools = { policies: KeyPolicies.read(), audit: undefined, collections: [], ...rest }
  return {
    tools,
    run: async (kind, parameters) => {
      const id = await startJob(jobStore, kind, parameters, 'test')
      return runJob(id, { store: jobStore, tools, leaseMs: 600 })
    },
  }
}
