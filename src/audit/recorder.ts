import type { AuditLog } from './audit-log.ts'
import type { AuditedAct, AuditedDocument, AuditEvent, AuditOutcome, AuditSource } from './event.ts'

/** Outcomes whose answer may leave only after their events are durable. */
const binding: ReadonlySet<AuditOutcome> = new Set([
  'clear',
  'searched',
  'created',
  'updated',
  'deleted',
  'verified',
  'conflicted',
  'refuted',
])

interface Group extends AuditEvent {
  readonly documents: AuditedDocument[]
}

/** Gathers what one request did, and writes it down at its end. */
export class AuditRecorder {
  /** Of the operation that is running; null before it is known. */
  operation: string | null = null
  readonly #source: AuditSource
  readonly #log: AuditLog | undefined
  readonly #observe: ((events: readonly AuditEvent[]) => void) | undefined
  readonly #groups = new Map<string, Group[]>()

  /**
   * @param log - absent: nothing is kept
   * @param observe - told of what each commit hands over, whether it is kept or not
   */
  constructor(
    source: AuditSource,
    log: AuditLog | undefined,
    observe?: (events: readonly AuditEvent[]) => void,
  ) {
    this.#source = source
    this.#log = log
    this.#observe = observe
  }

  record({ coordinate, outcome, id, subject }: AuditedAct): void {
    this.documents(coordinate, outcome).push({ id, subject })
  }

  /**
   * Where the documents are put with which one thing happens, for whoever records many at once. Every list that was asked
   * for is recorded by the next {@link commit}, empty or not, and is not to be used afterwards.
   */
  documents(coordinate: string, outcome: AuditOutcome): AuditedDocument[] {
    const known = this.#groups.get(coordinate)
    const same = known?.find((group) => group.outcome === outcome)
    if (same !== undefined) return same.documents
    const group: Group = { coordinate, outcome, documents: [] }
    if (known === undefined) this.#groups.set(coordinate, [group])
    else known.push(group)
    return group.documents
  }

  /** Whether something of this coordinate and outcome was recorded since the last commit. */
  has(coordinate: string, outcome: AuditOutcome): boolean {
    return this.#groups.get(coordinate)?.some((group) => group.outcome === outcome) ?? false
  }

  /**
   * Hands over what was recorded since the last call.
   * @returns a promise to wait for before the answer leaves; undefined when there is nothing that binds it
   * @throws SERVICE_UNAVAILABLE, by the promise, when the answer must not leave
   */
  commit(): Promise<void> | undefined {
    const events = [...this.#groups.values()].flat()
    this.#groups.clear()
    this.#observe?.(events)
    if (this.#log === undefined || events.length === 0) return undefined
    const { operation } = this
    // While the log cannot be written nothing leaves that it should hold, so that there is an end to what waits in memory.
    const mustWait = this.#log.failing || events.some(({ outcome }) => binding.has(outcome))
    const durable = this.#log.append({ ...this.#source, at: new Date(), operation, purpose: null, events })
    if (mustWait) return durable
    durable.catch(() => undefined)
    return undefined
  }
}
