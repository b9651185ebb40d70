import type { KeyStore } from '../../src/crypto/key-store.ts'
import { type BackupDays, erasureOf, type ErasureTools } from '../../src/rotation/erasure/erasure-tools.ts'
import type { RetentionRule } from '../../src/rotation/erasure/retain-documents.ts'
import type { Job, JobKind, JobParameters } from '../../src/rotation/job.ts'
import { runJob } from '../../src/rotation/run-job.ts'
import { startJob } from '../../src/rotation/start-job.ts'
import type { TestGateway } from './create-test-gateway.ts'

export interface ErasureBench {
  readonly erasure: ErasureTools
  readonly keyStore: KeyStore
  readonly erase: (subject: string, apply?: boolean) => Promise<Job>
  readonly retain: (rules: readonly RetentionRule[], apply?: boolean) => Promise<Job>
}

/** Runs erasures with what a gateway works with, and lets it learn of closed subjects at once: the bound is not waited for. */
export function createErasureBench(
  { gateway: { jobTools, storage, keyRing } }: TestGateway,
  backups: BackupDays = {},
): ErasureBench {
  const erasure = { ...erasureOf(jobTools), backups, boundMs: 10 }
  const run = async <Kind extends JobKind>(kind: Kind, parameters: JobParameters[Kind]): Promise<Job> => {
    const id = await startJob(storage.jobStore, kind, parameters, 'test')
    const tools = { ...jobTools, erasure }
    const job = await runJob(id, { store: storage.jobStore, tools, leaseMs: 600 })
    keyRing.clear()
    return job
  }
  return {
    erasure,
    keyStore: storage.keyStore,
    erase: (subject, apply = true) => run('erase', { tenant: 'default', subject, apply }),
    retain: (rules, apply = true) => run('retain', { rules, apply }),
  }
}

/** When the newest version was made of the KEKs that personal values are under. */
export async function newestOf({ gateway: { jobTools } }: TestGateway): Promise<Date> {
  const statuses = await Promise.all(
    (['REVEAL', 'MASK'] as const).map((purpose) => jobTools.provider.status({ keyType: 'PII', purpose })),
  )
  return new Date(Math.max(...statuses.map(({ newestCreatedAt }) => newestCreatedAt?.getTime() ?? NaN)))
}
