import type { AuditEvent } from './event.ts'
import type { AuditSink } from './sink.ts'

/**
 * One write at a time: what arrives while a write is under way goes out together with the next one. Each caller learns
 * whether its own events are durable.
 */
export function groupCommits(sink: AuditSink): AuditSink {
  let waiting: AuditEvent[] = []
  let next: Promise<void> | undefined
  let running: Promise<void> = Promise.resolve()
  return {
    append(events) {
      waiting.push(...events)
      next ??= running
        .catch(() => undefined)
        .then(() => {
          const batch = waiting
          waiting = []
          next = undefined
          running = sink.append(batch)
          return running
        })
      return next
    },
  }
}
