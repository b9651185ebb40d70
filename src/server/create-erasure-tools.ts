import type { KeyRing } from '../crypto/key-ring.ts'
import type { Policies } from '../directives/policies.ts'
import type { BackupDays, ErasureTools } from '../rotation/erasure/erasure-tools.ts'
import { ReceiptKey } from '../rotation/erasure/receipt-key.ts'
import type { Storage } from '../storage/connect-storage.ts'
import { subjectCollections } from './subject-collections.ts'

export interface ErasureOptions {
  readonly policies: Policies
  readonly storage: Storage
  readonly keyRing: KeyRing
  /** Whether an audit log is kept: receipts are signed by a key of its type. */
  readonly audited: boolean
  readonly backups: BackupDays
}

/** What the jobs `erase` and `retain` work with. */
export function createErasureTools({
  policies,
  storage,
  keyRing,
  audited,
  backups,
}: ErasureOptions): ErasureTools {
  return {
    ledger: storage.erasures,
    collections: subjectCollections(policies, storage),
    receiptKey: audited ? new ReceiptKey(keyRing) : undefined,
    backups,
  }
}
