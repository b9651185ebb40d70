import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

import { GatewayError } from '../errors.ts'
import type { Job, JobKind, JobProgress, JobStore } from './job.ts'
import type { JobHandler, JobTools } from './job-handler.ts'
import { jobHandlers } from './job-handlers.ts'
import { isPassing, JobRun, JobStopped, LeaseLost } from './job-run.ts'
import { leaseMs as defaultLeaseMs, LeaseWatch } from './lease-watch.ts'

export interface RunJobOptions {
  readonly store: JobStore
  readonly tools: JobTools
  readonly leaseMs?: number
  readonly onProgress?: (progress: JobProgress) => void
  /** Ends the work at the next page; the job waits for another process then. */
  readonly signal?: AbortSignal
  /** Called once when another process has the job, and this one follows it. */
  readonly onFollow?: () => void
}

/**
 * Runs a job from its checkpoint to its end, or follows the process that does. This is all that a worker does, whatever
 * wakes it: a command, the schedule of a gateway, or a queue.
 *
 * @returns the job as it ended
 * @throws KEY_UNAVAILABLE or SERVICE_UNAVAILABLE when it was interrupted by that; it can be run again
 */
export async function runJob(id: string, options: RunJobOptions): Promise<Job> {
  const { store, leaseMs = defaultLeaseMs, onProgress, onFollow } = options
  const watch = new LeaseWatch(leaseMs)
  let follows = false
  for (;;) {
    const job = await store.find(id)
    if (job === undefined) throw new GatewayError('NOT_FOUND', { message: `There is no job ${id}.` })
    if (job.state !== 'waiting') return job
    if (watch.mayTake(job)) await tryJob(job, options)
    else {
      if (!follows) onFollow?.()
      follows = true
      if (job.progress !== undefined) onProgress?.(job.progress)
      await pause(leaseMs / 30)
    }
  }
}

/** Runs a job if no other process takes it first. @returns whether this one ran it @throws as {@link runJob} */
export async function tryJob(job: Job, options: RunJobOptions): Promise<boolean> {
  const { store, tools, leaseMs = defaultLeaseMs, onProgress, signal } = options
  const owner = randomUUID()
  const run = await JobRun.take(job, {
    store,
    owner,
    leaseMs,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  })
  if (run === undefined) return false
  try {
    const { findings, failure } = await (jobHandlers[job.kind] as JobHandler<JobKind>)(job, run, tools)
    const state = failure === undefined ? 'done' : 'failed'
    await run.end({ state, findings, failure, endedAt: new Date() })
    return true
  } catch (error) {
    if (error instanceof LeaseLost) return true
    if (error instanceof JobStopped) {
      await run.end({})
      return true
    }
    const failure = error instanceof GatewayError ? error.message : 'Unexpected failure.'
    const ended = isPassing(error) ? {} : { state: 'failed' as const, endedAt: new Date() }
    await run.end({ ...ended, failure }).catch(() => undefined)
    throw error
  } finally {
    run.stop()
  }
}
