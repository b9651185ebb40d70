import type { Job } from './job.ts'

/** How long a job's beat must stand still before another process takes it over, in milliseconds. */
export const leaseMs = 15_000

/** Remembers since when the beats of others stand still, by a clock that never goes back. */
export class LeaseWatch {
  readonly #leaseMs: number
  readonly #seen = new Map<string, { readonly beat: string; readonly since: number }>()

  constructor(lease = leaseMs) {
    this.#leaseMs = lease
  }

  /** Whether a job may be taken now: nobody has it, or its owner's beat has not changed for a whole lease. */
  mayTake({ id, lease }: Job): boolean {
    if (lease === undefined) return true
    const beat = `${lease.owner}#${lease.beat}`
    const seen = this.#seen.get(id)
    if (seen?.beat === beat) return performance.now() - seen.since >= this.#leaseMs
    this.#seen.set(id, { beat, since: performance.now() })
    return false
  }
}
