import type { KeyHolder } from '../../crypto/key-tuple.ts'

/** A document as an erasure looks at it. */
export interface ErasableDocument {
  readonly id: string
  readonly tenant: string
  readonly subject: string
  /** Whether it was redacted before, which does not say that nothing is left in it. */
  readonly redacted: boolean
  /** How many values it holds that an erasure takes, by coordinate. */
  readonly values: Readonly<Record<string, number>>
  /** Whose keys protect nothing but this document. */
  readonly holders: readonly KeyHolder[]
}

/** What protects the values of a field, for the receipt. */
export interface ErasedField {
  /** `own` keys are destroyed; `shared` ones protect the values of others too; `none`: it is stored in clear. */
  readonly keys: 'own' | 'shared' | 'none'
  /** Whether something that stands beside the value says which of a guessed few it is, to the holder of an INDEX key. */
  readonly confirmable: boolean
}

export interface Retention {
  readonly days: number
  /** The field that age counts from; undefined: from when a document was created. */
  readonly by: string | undefined
}

/** The documents of one model, for erasures. */
export interface SubjectCollection {
  /** The model's. */
  readonly name: string
  readonly mode: 'REDACT' | 'DELETE'
  readonly retention: Retention | undefined
  /** By coordinate: those that an erasure takes. */
  readonly fields: ReadonlyMap<string, ErasedField>
  /** Documents of a subject whose ids follow one, in the order of their ids. */
  read(
    tenant: string,
    subject: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly ErasableDocument[]>
  /** Documents of some subjects that were not redacted, in any order. */
  readUnredacted(
    tenant: string,
    subjects: readonly string[],
    limit: number,
  ): Promise<readonly ErasableDocument[]>
  /** Documents that are older than the retention allows at a time, and not redacted. */
  readOlder(before: Date, limit: number): Promise<readonly ErasableDocument[]>
  countOlder(before: Date): Promise<number>
  /** Redacts or deletes documents that the reading gave and that nobody changed since. @returns how many were erased */
  erase(documents: readonly ErasableDocument[], at: Date): Promise<number>
}

/** Whether an erasure has something to do with a document. */
export function isLeft({ mode }: SubjectCollection, { redacted, values }: ErasableDocument): boolean {
  return mode === 'DELETE' || !redacted || Object.keys(values).length > 0
}
