import { GatewayError } from '../errors.ts'
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
}

export class PlannedField {
  readonly field: FieldPolicy
  /** What the viewer sees in rows of their own. */
  readonly own: Outcome
  /** What the viewer sees in all others. */
  readonly other: Outcome
  /** Present when the database holds ciphertext that may be revealed. */
  readonly cipher: PathCipher | undefined
  #forbidden: GatewayError | undefined

  constructor(
    field: FieldPolicy,
    path: string,
    { collection, tenant, decisions, ciphers }: RevealPlanOptions,
  ) {
    const { own, other } = decisions.field(field.coordinate)
    this.field = field
    this.own = own
    this.other = other
    this.cipher =
      field.protection.kind === 'encrypted' ? ciphers.of({ collection, path, field }, tenant) : undefined
  }

  /** One error for all rows: where it arose says nothing, and taking a stack for each would cost more than decrypting. */
  get forbidden(): GatewayError {
    return (this.#forbidden ??= new GatewayError('FORBIDDEN', { coordinate: this.field.coordinate }))
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
