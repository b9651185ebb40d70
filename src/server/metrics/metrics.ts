import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'

import type { AuditEvent } from '../../audit/event.ts'

/** What is counted while requests run. Labels are names of the schema, of our tables and of routes, never what a client sent. */
export interface Metrics {
  readonly registry: Registry
  readonly countError: (code: string) => void
  readonly countEvents: (events: readonly AuditEvent[]) => void
  readonly timeRequest: (
    request: { readonly method: string; readonly route: string; readonly status: number },
    seconds: number,
  ) => void
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const errors = new Counter({
    name: 'sealgate_errors_total',
    help: 'Errors that were answered, by code.',
    labelNames: ['code'],
    registers,
  })
  const accesses = new Counter({
    name: 'sealgate_accesses_total',
    help: 'What happened to fields and documents, by coordinate and outcome.',
    labelNames: ['coordinate', 'outcome'],
    registers,
  })
  const requests = new Histogram({
    name: 'sealgate_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  return {
    registry,
    countError: (code) => {
      errors.inc({ code })
    },
    countEvents: (events) => {
      for (const { coordinate, outcome, documents } of events)
        accesses.inc({ coordinate, outcome }, Math.max(1, documents.length))
    },
    timeRequest: (request, seconds) => {
      requests.observe(request, seconds)
    },
  }
}
