export interface AuditedDocument {
  /** The `_id` of the document; of one that was refused, that which it would have had. */
  readonly id: string
  readonly subject: string
}

/** What happened to a field or a document, once. Never a value. */
export interface AuditedAct extends AuditedDocument {
  /** A field such as `Customer.email`, or a model such as `Customer` for a write. */
  readonly coordinate: string
  readonly outcome: AuditOutcome
}

export type AuditOutcome =
  | 'clear'
  | 'masked'
  | 'hidden'
  | 'failed'
  | 'created'
  | 'updated'
  | 'deleted'
  | 'conflicted'
  | 'verified'
  | 'refuted'

/** Who asked, and by which request. */
export interface AuditSource {
  readonly requestId: string
  readonly tenant: string
  readonly viewer: string | null
  readonly viewerKind: 'anonymous' | 'user' | 'service'
}

/** One line of the audit log: the acts of one request that share coordinate and outcome. */
export interface AuditEvent extends AuditSource {
  readonly at: Date
  readonly coordinate: string
  readonly outcome: AuditOutcome
  readonly documents: readonly AuditedDocument[]
}
