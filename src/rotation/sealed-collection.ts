import type { KeyScope } from '../crypto/key-tuple.ts'
import type { TermCounts, TermPlans } from '../crypto/term-plan.ts'

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

/** A path whose values have index terms. */
export interface SearchablePath {
  /** Of the holders of its keys, one in each tenant. */
  readonly scopeId: string
  readonly keyType: string
  /** `BlindIndex.version`, as the schema asks for it. */
  readonly version: string
}

export interface TermsPage {
  /** By the names of tuples; what is absent is as planned. */
  readonly counts: ReadonlyMap<string, TermCounts>
  /** Documents that were stored with new terms. */
  readonly changed: number
  /** Documents that another process had changed meanwhile. */
  readonly contested: number
  /** Ids of documents that a unique index refused. */
  readonly duplicates: readonly string[]
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
  readonly searchable: readonly SearchablePath[]
  /** Those that have any document. */
  tenants(): Promise<readonly string[]>
  /** Makes terms as planned, where the document is as it was. Without `apply` it only counts. */
  reindex(documents: readonly SealedDocument[], plans: TermPlans, apply: boolean): Promise<TermsPage>
}
