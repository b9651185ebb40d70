import type { AuditedDocument, AuditOutcome } from '../audit/event.ts'
import { GatewayError, withoutStack } from '../errors.ts'
import type { Decisions, Outcome } from './decisions.ts'
import type { PathCipher, PathCiphers } from './path-cipher.ts'
import type { FieldPolicy } from './policies.ts'
import type { Selection } from './selection.ts'

/** What a viewer's request does with the stored objects of one type: settled once, for as many rows as there are. */
export interface RevealPlan {
  readonly fields: readonly PlannedField[]
  readonly embedded: readonly { readonly field: FieldPolicy; readonly plan: RevealPlan }[]
}

export interface RevealPlanOptions {
  readonly collection: string
  readonly tenant: string
  readonly decisions: Decisions
  readonly ciphers: PathCiphers
  readonly documentsOf: DocumentsOf
}

/** Where the documents are put in which an outcome was observed at a coordinate. */
export type DocumentsOf = (coordinate: string, outcome: AuditOutcome) => AuditedDocument[]

export class PlannedField {
  readonly field: FieldPolicy
  /** What the viewer sees in rows of their own. */
  readonly own: Outcome
  /** What the viewer sees in all others. */
  readonly other: Outcome
  /** Present when the database holds ciphertext that may be revealed. */
  readonly cipher: PathCipher | undefined
  readonly #documentsOf: DocumentsOf
  readonly #observed: Partial<Record<AuditOutcome, AuditedDocument[]>> = {}
  #forbidden: GatewayError | undefined
  #erased: GatewayError | undefined

  constructor(
    field: FieldPolicy,
    path: string,
    { collection, tenant, decisions, ciphers, documentsOf }: RevealPlanOptions,
  ) {
    const { own, other } = decisions.field(field.coordinate)
    this.field = field
    this.own = own
    this.other = other
    this.cipher =
      field.protection.kind === 'encrypted' ? ciphers.of({ collection, path, field }, tenant) : undefined
    this.#documentsOf = documentsOf
  }

  observe(outcome: AuditOutcome, document: AuditedDocument): void {
    const documents = (this.#observed[outcome] ??= this.#documentsOf(this.field.coordinate, outcome))
    documents.push(document)
  }

  /** One error for all rows, and without a stack: where it arose says nothing. */
  get forbidden(): GatewayError {
    const { coordinate } = this.field
    return (this.#forbidden ??= withoutStack(() => new GatewayError('FORBIDDEN', { coordinate })))
  }

  /** The same of what an erasure took. */
  get erased(): GatewayError {
    const { coordinate } = this.field
    return (this.#erased ??= withoutStack(() => new GatewayError('ERASED', { coordinate })))
  }
}

/** @param prefix - of the stored paths, with the dot behind it */
export function planReveal(selection: Selection, prefix: string, options: RevealPlanOptions): RevealPlan {
  return {
    fields: selection.protected.map((field) => new PlannedField(field, prefix + field.stored, options)),
    embedded: selection.embedded.map(({ field, selection: inner }) => ({
      field,
      plan: planReveal(inner, `${prefix}${field.stored}.`, options),
    })),
  }
}
