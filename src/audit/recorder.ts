import type { AuditedAct, AuditEvent, AuditOutcome, AuditSource } from './event.ts'
import type { AuditSink } from './sink.ts'

/** Outcomes whose answer may leave only after their events are durable. */
const binding: ReadonlySet<AuditOutcome> = new Set([
  'clear',
  'created',
  'updated',
  'deleted',
  'verified',
  'refuted',
])

interface Group {
  readonly coordinate: string
  readonly outcome: AuditOutcome
  readonly documents: { id: string; subject: string }[]
}

/** Gathers what one request did, and writes it down at its end. */
export class AuditRecorder {
  readonly #source: AuditSource
  readonly #sink: AuditSink
  readonly #groups = new Map<string, Group>()
  #binding = false

  constructor(source: AuditSource, sink: AuditSink) {
    this.#source = source
    this.#sink = sink
  }

  record({ coordinate, outcome, id, subject }: AuditedAct): void {
    const name = `${coordinate} ${outcome}`
    const group = this.#groups.get(name)
    if (group === undefined) this.#groups.set(name, { coordinate, outcome, documents: [{ id, subject }] })
    else group.documents.push({ id, subject })
    this.#binding ||= binding.has(outcome)
  }

  /**
   * Hands over what was recorded since the last call.
   * @returns a promise to wait for before the answer leaves; undefined when there is nothing that binds it
   */
  commit(onFailure: (error: unknown) => void): Promise<void> | undefined {
    if (this.#groups.size === 0) return undefined
    const at = new Date()
    const events = [...this.#groups.values()].map((group): AuditEvent => ({ ...this.#source, at, ...group }))
    const mustWait = this.#binding
    this.#groups.clear()
    this.#binding = false
    const durable = this.#sink.append(events)
    if (mustWait) return durable
    durable.catch(onFailure)
    return undefined
  }
}
