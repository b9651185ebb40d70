import { Counter, Gauge, type Registry } from 'prom-client'

import type { KeyRing } from '../../crypto/key-ring.ts'
import type { JobStore } from '../../rotation/job.ts'
import type { Health } from '../read-health.ts'
import type { KeyStatistics } from '../../rotation/key-statistics.ts'

export interface StateSources {
  readonly keyRing: KeyRing
  readonly statistics: KeyStatistics
  readonly jobs: JobStore
  readonly readHealth: () => Promise<Health>
}

/**
 * Metrics of how things are, rather than of what happened.
 * @returns reads all of it; what cannot be read has no samples then
 */
export function observeState(registry: Registry, sources: StateSources): () => Promise<void> {
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers: [registry] })
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers: [registry] })

  const hits = counter('sealgate_key_cache_hits_total', 'Data keys that were taken from the cache.')
  const misses = counter('sealgate_key_cache_misses_total', 'Data keys that the cache did not have.')
  const finds = counter('sealgate_key_store_reads_total', 'Look-ups of key rows in the database.')
  const wraps = counter('sealgate_key_wraps_total', 'Data keys that the key service was asked to wrap.')
  const wrapCalls = counter('sealgate_key_wrap_calls_total', 'Calls by which it was asked.')
  const unwraps = new Counter({
    name: 'sealgate_key_unwraps_total',
    help: 'Data keys that the key service was asked to unwrap.',
    labelNames: ['purpose'],
    registers: [registry],
  })
  const unwrapCalls = counter('sealgate_key_unwrap_calls_total', 'Calls by which it was asked.')

  const up = gauge('sealgate_up', 'Whether a part works: 1 or 0.', 'part')
  const kekVersion = gauge(
    'sealgate_kek_version',
    'Newest version of a key in the key service.',
    'key_type',
    'purpose',
  )
  const kekOldest = gauge(
    'sealgate_kek_oldest_version',
    'Oldest version that still unwraps.',
    'key_type',
    'purpose',
  )
  const kekDue = gauge(
    'sealgate_kek_due_timestamp_seconds',
    'When the next version is due.',
    'key_type',
    'purpose',
  )
  const kekAge = gauge(
    'sealgate_kek_age',
    '1 at the age that its policy gives a key.',
    'key_type',
    'purpose',
    'age',
  )
  const dataKeys = gauge(
    'sealgate_data_keys',
    'Data keys, counted once an hour.',
    'key_type',
    'purpose',
    'state',
  )
  const expired = gauge(
    'sealgate_data_keys_expired',
    'Of these: past their maximum age.',
    'key_type',
    'purpose',
    'state',
  )
  const byVersion = gauge(
    'sealgate_data_keys_by_kek_version',
    'Of these: under a version of their key.',
    'key_type',
    'purpose',
    'version',
  )
  const countedAt = gauge('sealgate_data_keys_counted_timestamp_seconds', 'When they were counted.')
  const waiting = gauge('sealgate_key_jobs_waiting', 'Key jobs that run or wait.', 'kind')
  const failed = gauge('sealgate_key_jobs_failed', 'Key jobs among the latest 100 that failed.', 'kind')

  const tellCounters = (): void => {
    const counters = sources.keyRing.counters
    for (const [metric, value] of [
      [hits, counters.hits],
      [misses, counters.misses],
      [finds, counters.finds],
      [wraps, counters.wraps],
      [wrapCalls, counters.wrapTrips],
      [unwrapCalls, counters.unwrapTrips],
    ] as const) {
      metric.reset()
      metric.inc(value)
    }
    unwraps.reset()
    for (const [purpose, count] of Object.entries(counters.unwrapsFor)) unwraps.inc({ purpose }, count)
  }

  const tellHealth = async (): Promise<void> => {
    const parts = Object.entries(await sources.readHealth())
    up.reset()
    for (const [part, state] of parts) up.set({ part }, state === true || state === 'ok' ? 1 : 0)
  }

  const tellKeks = async (): Promise<void> => {
    const surveys = await sources.statistics.keks.latest()
    for (const metric of [kekVersion, kekOldest, kekDue, kekAge]) metric.reset()
    for (const { kek, status, age, dueAt } of surveys?.value ?? []) {
      const labels = { key_type: kek.keyType, purpose: kek.purpose }
      kekVersion.set(labels, status.newest)
      kekOldest.set(labels, status.oldest)
      if (dueAt !== undefined) kekDue.set(labels, dueAt.getTime() / 1_000)
      kekAge.set({ ...labels, age }, 1)
    }
  }

  const tellDataKeys = async (): Promise<void> => {
    const counted = await sources.statistics.dataKeys.latest()
    for (const metric of [dataKeys, expired, byVersion, countedAt]) metric.reset()
    if (counted === undefined) return
    countedAt.set(counted.at.getTime() / 1_000)
    for (const { keyType, purpose, state, ...count } of counted.value) {
      const labels = { key_type: keyType, purpose }
      dataKeys.set({ ...labels, state }, count.count)
      expired.set({ ...labels, state }, count.expired)
      for (const [version, keys] of Object.entries(count.kekVersions))
        byVersion.inc({ ...labels, version }, keys)
    }
  }

  const tellJobs = async (): Promise<void> => {
    const jobs = await sources.jobs.list({ limit: 100 }).catch(() => [])
    waiting.reset()
    failed.reset()
    for (const { kind, state } of jobs) {
      if (state === 'waiting') waiting.inc({ kind })
      if (state === 'failed') failed.inc({ kind })
    }
  }

  return async () => {
    tellCounters()
    await Promise.all([tellHealth(), tellKeks(), tellDataKeys(), tellJobs()])
  }
}
