import type { KeyScope } from '../crypto/key-tuple.ts'

/** A stored document, as the database holds it. Jobs look at nothing but its `_id`. */
export type SealedDocument = Readonly<Record<string, unknown>>

export interface ReencryptRequest {
  readonly keyTypes: ReadonlySet<string>
  readonly formerScope: KeyScope | undefined
  readonly formerKeyType: string | undefined
  /** False: only counts. */
  readonly apply: boolean
}

export interface PageCounts {
  /** Values that were not under their current key when they were read. */
  readonly stale: number
  /** Documents that another process had changed meanwhile. */
  readonly contested: number
  /** Documents that were stored with new ciphertexts. */
  readonly changed: number
  /** Of the stale values: those that do not open, and those whose keys cannot be had. */
  readonly failed: number
  readonly unavailable: number
}

/** The documents of one model that has sealed fields. */
export interface SealedCollection {
  /** The model's. */
  readonly name: string
  /** Those that its values are encrypted under. */
  readonly keyTypes: ReadonlySet<string>
  /** About how many documents there are. */
  count(): Promise<number>
  /** In the order of their `_id`s. */
  read(after: string | undefined, limit: number): Promise<readonly SealedDocument[]>
  /** Encrypts what is stale anew, and stores it where the document is as it was. */
  reencrypt(documents: readonly SealedDocument[], request: ReencryptRequest): Promise<PageCounts>
}
