import type { Kek } from '../crypto/key-provider.ts'
import type { AuditedDocument, AuditEntry, AuditSource, KeyOutcome } from './event.ts'

/** What was done to data keys of one KEK, or to the KEK itself where there are none. */
export interface AuditedKeys {
  readonly kek: Kek
  readonly keys: readonly AuditedDocument[]
}

/**
 * The entry that says what was done to keys, for {@link AuditWriter.append}. The gateway records what it creates; a job
 * that rotates, rewraps, revokes or erases records what it did, with its own id and whoever started it as the source.
 */
export function keyEntry(source: AuditSource, outcome: KeyOutcome, done: readonly AuditedKeys[]): AuditEntry {
  const events = done.map(({ kek, keys }) => ({
    coordinate: `key:${kek.keyType}/${kek.purpose}`,
    outcome,
    documents: keys,
  }))
  return { ...source, at: new Date(), operation: null, purpose: null, events }
}

/** What the gateway does by itself, for a tenant. */
export function gatewaySource(tenant: string): AuditSource {
  return { requestId: null, tenant, viewer: null, viewerKind: 'gateway' }
}
