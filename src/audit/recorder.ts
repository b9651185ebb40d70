import type { AuditedAct, AuditedDocument, AuditEvent, AuditOutcome, AuditSource } from './event.ts'
import type { AuditSink } from './sink.ts'

/** Outcomes whose answer may leave only after their events are durable. */
const binding: ReadonlySet<AuditOutcome> = new Set([
  'clear',
  'created',
  'updated',
  'deleted',
  'verified',
  'conflicted',
  'refuted',
])

/** Acts that share coordinate and outcome. */
interface Group {
  readonly coordinate: string
  readonly outcome: AuditOutcome
  readonly documents: AuditedDocument[]
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
    this.documents(coordinate, outcome).push({ id, subject })
  }

  /**
   * Where the documents are put with which one thing happens, for whoever records many at once. Every list that was asked
   * for is recorded by the next {@link commit}, and is not to be used afterwards.
   */
  documents(coordinate: string, outcome: AuditOutcome): AuditedDocument[] {
    const name = `${coordinate} ${outcome}`
    let group = this.#groups.get(name)
    if (group === undefined) this.#groups.set(name, (group = { coordinate, outcome, documents: [] }))
    this.#binding ||= binding.has(outcome)
    return group.documents
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
