import { GatewayError } from '../../errors.ts'
import type { ErasureLedger } from './erasure-ledger.ts'
import type { ReceiptKey } from './receipt-key.ts'
import type { SubjectCollection } from './subject-collection.ts'

/** How many days backups are kept, as an installation states it; what is absent it has not stated. */
export interface BackupDays {
  readonly documents?: number | undefined
  readonly keysDatabase?: number | undefined
  /** Snapshots of the key service. */
  readonly keyService?: number | undefined
}

/** What erasures work with, beside what all jobs do. */
export interface ErasureTools {
  readonly ledger: ErasureLedger
  readonly collections: readonly SubjectCollection[]
  /** Absent: no audit log is kept, and so no key of its type to sign with. Then nobody is erased. */
  readonly receiptKey: ReceiptKey | undefined
  readonly backups: BackupDays
  /** Milliseconds after which every process works by a changed key state. Default: {@link import('../../crypto/state-bound.ts').stateBoundMs}. */
  readonly boundMs?: number
}

/** @throws CONFIGURATION_INVALID where a worker has none */
export function erasureOf({ erasure }: { readonly erasure?: ErasureTools }): ErasureTools {
  if (erasure !== undefined) return erasure
  throw new GatewayError('CONFIGURATION_INVALID', { message: 'This process erases nothing.' })
}
