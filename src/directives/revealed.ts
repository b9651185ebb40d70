import { inspect } from 'node:util'

import type { Decisions } from './decisions.ts'

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

/** Brands a value, or each item of a list; null stays null. */
export function release(coordinate: string, decisions: Decisions, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return value.map((item): unknown => release(coordinate, decisions, item))
  return new Revealed(coordinate, decisions, value)
}
