import { stateBoundMs } from './state-bound.ts'

export interface StateLeaseOptions {
  /** Milliseconds for which a reading of the key states holds. */
  readonly boundMs?: number
  /** Milliseconds of a clock that nobody sets. Default `performance.now`. */
  readonly now?: () => number
}

/**
 * Whether key states were read recently enough to work by them. It ends by itself, by a clock that nobody sets: also where the
 * process slept, or where a read neither succeeds nor fails.
 */
export class StateLease {
  readonly #boundMs: number
  readonly #now: () => number
  #readAt = -Infinity

  constructor({ boundMs = stateBoundMs, now = () => performance.now() }: StateLeaseOptions = {}) {
    this.#boundMs = boundMs
    this.#now = now
  }

  get isHeld(): boolean {
    return this.#now() - this.#readAt < this.#boundMs
  }

  /** How often to read, so that one failure or two end nothing. */
  get intervalMs(): number {
    return this.#boundMs / 3
  }

  /** To be noted before the states are read: what was committed later may not be in the answer. */
  now(): number {
    return this.#now()
  }

  /** @param askedAt - by {@link StateLease.now}, of a read that succeeded. */
  renew(askedAt: number): void {
    this.#readAt = Math.max(this.#readAt, askedAt)
  }
}
