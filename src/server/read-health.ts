import type { AuditLog } from '../audit/audit-log.ts'
import type { Storage } from '../storage/connect-storage.ts'
import type { VerifiedKeys } from './verified-keys.ts'

export interface HealthSources {
  readonly storage: Storage
  readonly keys: VerifiedKeys
  /** Absent: no audit log is kept. */
  readonly auditLog: AuditLog | undefined
}

/** Which parts work. */
export interface Health {
  readonly database: boolean
  readonly keyService: boolean
  /** Whether the key service was found to hold the keys of this database. */
  readonly keysVerified: boolean
  /** Whether every sink takes what is written. */
  readonly audit: boolean
}

/** @returns asks the database and the key service once at each call */
export function createHealthReader({ storage, keys, auditLog }: HealthSources): () => Promise<Health> {
  return async () => {
    const [database, keyService] = await Promise.all([
      answers(storage.check()),
      answers(keys.provider.check()),
    ])
    return { database, keyService, keysVerified: keys.verified(), audit: auditLog?.healthy ?? true }
  }
}

function answers(check: Promise<void>): Promise<boolean> {
  return check.then(
    () => true,
    () => false,
  )
}
