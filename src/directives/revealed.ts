import { inspect } from 'node:util'

import type { Decisions } from './decisions.ts'
import type { FieldPolicy } from './policies.ts'

/**
 * A clear or masked leaf value that was released for one viewer at one coordinate. Nothing else passes the leaf guard of
 * a protected coordinate. Printing and serialising it show nothing.
 */
export class Revealed {
  readonly coordinate: string
  readonly decisions: Decisions
  readonly #value: unknown

  constructor(coordinate: string, decisions: Decisions, value: unknown) {
    this.coordinate = coordinate
    this.decisions = decisions
    this.#value = value
  }

  /** Whether the constructor made it: neither its looks nor its prototype count. */
  static is(value: unknown): value is Revealed {
    return typeof value === 'object' && value !== null && #value in value
  }

  /** For the leaf guard alone. */
  static open(revealed: Revealed): unknown {
    return revealed.#value
  }

  toJSON(): string {
    return '[Revealed]'
  }

  [inspect.custom](): string {
    return '[Revealed]'
  }
}

/** Brands the value of a field, or each item where the field is a list; null stays null. */
export function release({ coordinate, type }: FieldPolicy, decisions: Decisions, value: unknown): unknown {
  // A JSON value can be an array without the field being a list.
  if (!type.list || !Array.isArray(value)) return brand(coordinate, decisions, value)
  return value.map((item: unknown) => brand(coordinate, decisions, item))
}

function brand(coordinate: string, decisions: Decisions, value: unknown): Revealed | null {
  return value === null || value === undefined ? null : new Revealed(coordinate, decisions, value)
}
