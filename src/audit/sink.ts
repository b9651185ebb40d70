import type { AuditEvent } from './event.ts'

/** Where audit events are kept. */
export interface AuditSink {
  /** Resolves when the events are durable; rejects when they are not. Safe to call concurrently. */
  append(events: readonly AuditEvent[]): Promise<void>
}

/** Keeps nothing: for benches and for gateways whose audit is switched off by name. */
export const noAudit: AuditSink = { append: () => Promise.resolve() }
