import { setTimeout as pause } from 'node:timers/promises'

import { GatewayError } from '../errors.ts'
import type { Job, JobChange, JobLease, JobProgress, JobStore } from './job.ts'

/** Another process has the job now; nothing more is to be done for it here. */
export class LeaseLost extends Error {
  constructor() {
    super('Another process runs this job now.')
  }
}

/** This process ends; what was done is written down, and another goes on. */
export class JobStopped extends Error {
  constructor() {
    super('This process ends.')
  }
}

export interface JobRunOptions {
  readonly store: JobStore
  readonly owner: string
  /** In milliseconds; the owner beats three times in it. */
  readonly leaseMs: number
  readonly onProgress?: (progress: JobProgress) => void
  readonly signal?: AbortSignal
}

/** A job while this process has it: its progress, and the lease that is kept alive beside the work. */
export class JobRun {
  readonly #store: JobStore
  readonly #id: string
  readonly #onProgress: (progress: JobProgress) => void
  readonly #timer: NodeJS.Timeout
  readonly #beatMs: number
  readonly #signal: AbortSignal | undefined
  #lease: JobLease
  #progress: JobProgress | undefined
  #lost = false
  #savedAt = performance.now()
  /** One write at a time, so that each finds the lease that the one before left. */
  #writes: Promise<void> = Promise.resolve()

  private constructor(job: Job, lease: JobLease, { store, leaseMs, onProgress, signal }: JobRunOptions) {
    this.#store = store
    this.#id = job.id
    this.#lease = lease
    this.#progress = job.progress
    this.#onProgress = onProgress ?? (() => undefined)
    this.#beatMs = leaseMs / 3
    this.#signal = signal
    this.#timer = setInterval(() => {
      // A failure here shows at the next save.
      this.#write({}).catch(() => undefined)
    }, this.#beatMs).unref()
  }

  /** @returns undefined when another process was faster */
  static async take(job: Job, options: JobRunOptions): Promise<JobRun | undefined> {
    const lease = { owner: options.owner, beat: 1 }
    const taken = await options.store.change(job.id, job.lease, lease, {})
    return taken ? new JobRun(job, lease, options) : undefined
  }

  get progress(): JobProgress | undefined {
    return this.#progress
  }

  /**
   * To be called whenever what the progress says is durable. It is written when the last writing is a while ago: what is
   * done twice after an interruption does no harm, as every job compares before it sets.
   *
   * @throws LeaseLost or JobStopped when the work must stop
   */
  async save(progress: JobProgress, now: 'when due' | 'now' = 'when due'): Promise<void> {
    if (this.#lost) throw new LeaseLost()
    this.#progress = progress
    this.#onProgress(progress)
    if (this.#signal?.aborted === true) throw new JobStopped()
    if (now === 'when due' && performance.now() - this.#savedAt < this.#beatMs / 10) return
    await this.#write({})
  }

  /** @throws JobStopped when the process ends meanwhile */
  async pause(milliseconds: number): Promise<void> {
    const options = this.#signal === undefined ? {} : { signal: this.#signal }
    await pause(milliseconds, undefined, options).catch(() => {
      throw new JobStopped()
    })
  }

  async end(change: JobChange): Promise<void> {
    await this.#write(change, true)
  }

  /** Stops the beats without a word to anyone, as a killed process does. */
  stop(): void {
    clearInterval(this.#timer)
  }

  #write(change: JobChange, ends = false): Promise<void> {
    const write = this.#writes.then(async () => {
      if (this.#lost) throw new LeaseLost()
      if (ends) this.stop()
      const lease = { ...this.#lease, beat: this.#lease.beat + 1 }
      const progress = this.#progress === undefined ? {} : { progress: this.#progress }
      const owned = await this.#store.change(this.#id, this.#lease, ends ? undefined : lease, {
        ...progress,
        ...change,
      })
      this.#savedAt = performance.now()
      this.#lease = lease
      if (owned) return
      this.#lost = true
      this.stop()
      throw new LeaseLost()
    })
    this.#writes = write.catch(() => undefined)
    return write
  }
}

/** Whether work may succeed later that failed now. */
export function isPassing(error: unknown): boolean {
  return error instanceof GatewayError && error.httpStatus === 503
}
