import type { FieldPolicy, ModelPolicy } from './policies.ts'

/** A value that must be sealed before the draft can be stored; it stands in `container[key]` until then. */
export interface PendingValue {
  readonly container: Record<string, unknown>
  readonly key: string
  readonly field: FieldPolicy
  /** The stored path without list positions. */
  readonly path: string
  /** The ids of the list elements around the value, outermost first. */
  readonly elements: readonly string[]
  /** Where the value stands in the input, for messages. */
  readonly inputPath: string
  readonly value: unknown
}

/** A value of this document that stays as it is stored, in a list that is written anew. */
export interface KeptValue {
  readonly container: Record<string, unknown>
  readonly key: string
  readonly path: string
  readonly raw: unknown
}

/** What a write will store, once it is sealed: validated, permitted, addressed, and still partly plaintext. */
export interface Draft {
  readonly model: ModelPolicy
  readonly id: string
  readonly tenant: string
  readonly subject: string
  /** Values by stored path; dotted only for fields of a single embedded object that is changed in place. */
  readonly changes: Record<string, unknown>
  readonly pending: readonly PendingValue[]
  readonly kept: readonly KeptValue[]
}
