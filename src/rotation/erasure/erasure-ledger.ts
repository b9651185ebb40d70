/** What a job of the kind `erase` ended with. */
export interface SignedReceipt {
  /** The id of the job. */
  readonly job: string
  /** A JSON Web Signature in its compact form. */
  readonly text: string
}

/** A subject that is being erased, or was. */
export interface ErasureEntry {
  /** Of the entry. */
  readonly id: string
  readonly tenant: string
  readonly subject: string
  readonly startedAt: Date
  /** When its keys were destroyed for the first time; undefined until then. */
  readonly erasedAt: Date | undefined
  /** In the order in which they were signed. */
  readonly receipts: readonly SignedReceipt[]
}

/**
 * Who was erased: kept beside the data keys, so that a copy of the documents, restored from a time before, is brought up to
 * date before it is served. Nothing is ever taken out. What a write returns is durable.
 */
export interface ErasureLedger {
  /** Returns the entry as it is stored now: it, or the one that was there. */
  begin(tenant: string, subject: string, at: Date): Promise<ErasureEntry>
  /** Returns when the keys were destroyed for the first time: now, or before. */
  complete(tenant: string, subject: string, at: Date): Promise<Date>
  /** The first of a job stays. */
  addReceipt(tenant: string, subject: string, receipt: SignedReceipt): Promise<void>
  find(tenant: string, subject: string): Promise<ErasureEntry | undefined>
  /** At most `limit` entries whose ids follow `after`, in the order of their ids. */
  scan(after: string | undefined, limit: number): Promise<ErasureEntry[]>
}
