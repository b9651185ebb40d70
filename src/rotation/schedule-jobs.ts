import { setTimeout as pause } from 'node:timers/promises'

import type { Kek } from '../crypto/key-provider.ts'
import { findDueJobs } from './due-jobs.ts'
import { findDueRetention } from './erasure/due-retention.ts'
import { retentionRules } from './erasure/retain-documents.ts'
import { findIndexDue } from './reindex/index-due.ts'
import type { JobStore } from './job.ts'
import type { JobTools } from './job-handler.ts'
import { LeaseWatch } from './lease-watch.ts'
import { tryJob } from './run-job.ts'
import { startJob } from './start-job.ts'
import { surveyKeks } from './survey-keks.ts'

export interface ScheduleOptions {
  readonly store: JobStore
  readonly tools: JobTools
  readonly keks: readonly Kek[]
  /** Milliseconds between looking for waiting jobs. Default 5,000. */
  readonly everyMs?: number
  readonly leaseMs?: number
  readonly onFailure: (error: unknown) => void
}

export interface Schedule {
  /** Resolves when no job runs here any more: at once, or when the one that does has come to its next page. */
  readonly stop: () => Promise<void>
}

/** How often the policies are looked at: seldom, because they speak of days. */
const policyEveryMs = 60_000

/** The same for keys of index terms: they are looked up for every tenant. */
const indexEveryMs = 3_600_000

/**
 * Background work in this process: writes down the jobs that the policies ask for, and runs what waits, one job at a time.
 * Of many gateways that do the same each job has one runner, by its lease. Another worker, such as one behind a queue, needs
 * no more than {@link tryJob}.
 */
export function scheduleJobs(options: ScheduleOptions): Schedule {
  const { store, tools, keks, everyMs = 5_000, leaseMs, onFailure } = options
  const watch = new LeaseWatch(leaseMs)
  const stopping = new AbortController()
  const { signal } = stopping
  let surveyedAt = -Infinity
  let indexesAt = -Infinity
  const turn = async (): Promise<void> => {
    if (performance.now() - surveyedAt >= policyEveryMs) {
      surveyedAt = performance.now()
      const now = tools.now?.() ?? Date.now()
      const surveys = await surveyKeks(keks, tools)
      let indexDue: readonly string[] = []
      if (performance.now() - indexesAt >= indexEveryMs) {
        indexesAt = performance.now()
        indexDue = await findIndexDue([...new Set(keks.map(({ keyType }) => keyType))], tools)
      }
      const jobs = await store.list({ limit: 500 })
      for (const { kind, parameters } of findDueJobs(surveys, jobs, now, indexDue)) {
        await startJob(store, kind, parameters, 'schedule')
      }
      const retention = findDueRetention(retentionRules(tools.erasure?.collections ?? []), jobs, now)
      if (retention !== undefined) await startJob(store, 'retain', retention, 'schedule')
    }
    // The oldest first: a rotation was asked for before its rewrap.
    for (const job of (await store.list({ waiting: true, limit: 100 })).reverse()) {
      if (signal.aborted) return
      if (!watch.mayTake(job)) continue
      await tryJob(job, { store, tools, signal, ...(leaseMs === undefined ? {} : { leaseMs }) }).catch(
        onFailure,
      )
    }
  }
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await turn().catch(onFailure)
      await pause(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
  const running = loop()
  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
