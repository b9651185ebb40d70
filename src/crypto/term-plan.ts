import type { KeyTuple } from './key-tuple.ts'
import type { TermSlot } from './sealed-field.ts'

/** What the index terms of a searchable path shall be in one tenant. Terms in slots that it does not name shall be gone. */
export interface TermPlan {
  readonly tuple: KeyTuple
  readonly filled: readonly {
    readonly slot: TermSlot
    /** In lower-case hex. */
    readonly keyId: string
    readonly version: string | undefined
  }[]
  /** Slots that stay as they are. */
  readonly kept: readonly TermSlot[]
}

/** By the names of tuples. */
export type TermPlans = ReadonlyMap<string, TermPlan>

/** How many values of a path were not as planned when they were read. */
export interface TermCounts {
  /** Terms were missing, or others than planned. */
  readonly wrong: number
  /** Terms were there that shall be gone. */
  readonly surplus: number
  /** Their terms cannot be made: they do not open, or the normaliser refuses them. */
  readonly unreadable: number
  /** Their keys could not be had. */
  readonly unavailable: number
}
