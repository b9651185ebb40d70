import type { AuditLog } from '../audit/audit-log.ts'
import type { StateLease } from '../crypto/state-lease.ts'
import type { Storage } from '../storage/connect-storage.ts'
import type { VerifiedKeys } from './verified-keys.ts'

export interface HealthSources {
  readonly storage: Storage
  readonly keys: VerifiedKeys
  readonly states: StateLease
  /** Whether calls to the key service fail for requests, whatever it answers to a check. */
  readonly failing: () => boolean
  /** Absent: no audit log is kept. */
  readonly auditLog: AuditLog | undefined
}

/** Which parts work. */
export interface Health {
  readonly database: boolean
  readonly keyService: 'ok' | 'failing' | 'unavailable'
  /** Whether the key service was found to hold the keys of this database. */
  readonly keysVerified: boolean
  readonly keyStatesKnown: boolean
  /** Whether every sink takes what is written. */
  readonly audit: boolean
}

/** Whoever asks for readiness asks often, and wants an answer. */
const checkMilliseconds = 2_000

/** @returns asks the database and the key service once at each call */
export function createHealthReader(sources: HealthSources): () => Promise<Health> {
  const { storage, keys, states, failing, auditLog } = sources
  return async () => {
    const [database, service] = await Promise.all([answers(storage.check()), answers(keys.provider.check())])
    return {
      database,
      keyService: service ? (failing() ? 'failing' : 'ok') : 'unavailable',
      keysVerified: keys.verified(),
      keyStatesKnown: states.isHeld,
      audit: auditLog?.healthy ?? true,
    }
  }
}

async function answers(check: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, checkMilliseconds, false)
  })
  const answered = check.then(
    () => true,
    () => false,
  )
  try {
    return await Promise.race([answered, late])
  } finally {
    clearTimeout(timer)
  }
}
