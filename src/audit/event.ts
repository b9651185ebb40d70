/** A document or a data key that something happened to. */
export interface AuditedDocument {
  /** The `_id` of the document, of one that was refused that which it would have had; of a key its key id, in hex. */
  readonly id: string
  /** Of a key, the scope id of its holder. */
  readonly subject: string
}

/** What happened to a field, a document or a key, once. Never a value. */
export interface AuditedAct extends AuditedDocument {
  /** A field such as `Customer.email`, a model such as `Customer` for a write, `key:PII/REVEAL` for a key. */
  readonly coordinate: string
  readonly outcome: AuditOutcome
}

/** Outcomes of fields and documents: what an answer or a write did. */
export type AccessOutcome =
  | 'clear'
  | 'masked'
  | 'hidden'
  | 'failed'
  | 'unavailable'
  | 'denied'
  | 'searched'
  | 'created'
  | 'updated'
  | 'deleted'
  | 'conflicted'
  | 'verified'
  | 'refuted'

/** Outcomes of data keys and their KEKs, with `created`. */
export type KeyOutcome =
  'created' | 'rotated' | 'rewrapped' | 'reencrypted' | 'reindexed' | 'revoked' | 'trimmed' | 'erased'

export type AuditOutcome = AccessOutcome | KeyOutcome

/** Who asked, and by which request. */
export interface AuditSource {
  /** Null for what the gateway does by itself. */
  readonly requestId: string | null
  readonly tenant: string
  readonly viewer: string | null
  readonly viewerKind: 'anonymous' | 'user' | 'service' | 'gateway'
}

/** What happened alike to some documents: the acts of one request that share coordinate and outcome. */
export interface AuditEvent {
  readonly coordinate: string
  readonly outcome: AuditOutcome
  /** None where there was nothing, as in a search that found none. Neighbours that are the same count once. */
  readonly documents: readonly AuditedDocument[]
}

/** What one request did: one record of the log. */
export interface AuditEntry extends AuditSource {
  readonly at: Date
  /** SHA-256 in hex of the operation without its literals and names; null where there is none. */
  readonly operation: string | null
  /** Why the viewer asked, where a purpose was given. */
  readonly purpose: string | null
  readonly events: readonly AuditEvent[]
}
