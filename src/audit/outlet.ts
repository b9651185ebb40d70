import { GatewayError } from '../errors.ts'
import type { AuditLine, ChainHead } from './line.ts'
import type { AuditSink } from './sink.ts'
import { Spool, type SpoolOptions } from './spool.ts'

export interface OutletOptions {
  readonly sink: AuditSink
  /** Absent: what the sink does not take is refused. */
  readonly spool?: SpoolOptions | undefined
}

/** Told when something begins to fail, such as a sink by its name, and with undefined when it is back. */
export type OnAuditChange = (what: string, error: unknown) => void

/** Lines that may wait in memory for a sink that fails. */
const maxPending = 10_000

/** Milliseconds after which a sink that failed is tried again. */
const retryInterval = 1_000

/**
 * A sink with an order that holds through its failures: what it did not take is kept, and written before anything newer.
 * While it fails, lines go to the spool, or their writers are told that they are not durable.
 */
export class Outlet {
  readonly #sink: AuditSink
  readonly #onChange: OnAuditChange
  readonly #spool: Spool | undefined
  #pending: readonly AuditLine[] = []
  #failing = false
  #leftovers: boolean
  #timer: NodeJS.Timeout | undefined
  #catchingUp: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #durable: ChainHead | undefined

  constructor({ sink, spool }: OutletOptions, onChange: OnAuditChange) {
    this.#sink = sink
    this.#onChange = onChange
    this.#spool = spool === undefined ? undefined : new Spool(sink.name, spool)
    this.#leftovers = spool !== undefined
    if (this.#leftovers) this.#retryLater(0)
  }

  /** Whether lines wait in memory: nothing more should be promised then. */
  get failing(): boolean {
    return this.#pending.length > 0
  }

  /** Whether the sink does not take lines, wherever they go instead. */
  get sinkFailing(): boolean {
    return this.#failing
  }

  get full(): boolean {
    return this.#pending.length >= maxPending
  }

  /** The last record that the sink itself has. */
  get durable(): ChainHead | undefined {
    return this.#durable
  }

  /**
   * Resolves when the lines are durable, in the sink or in the spool.
   * @throws SERVICE_UNAVAILABLE when they are not yet; they are kept and written as soon as possible
   */
  write(lines: readonly AuditLine[]): Promise<void> {
    return this.#next(() => this.#write(lines))
  }

  /** Tries once more to write what waits; the spool keeps what remains for the next start. @returns lines that are lost */
  async close(): Promise<number> {
    clearTimeout(this.#timer)
    await this.#catchUp()
    clearTimeout(this.#timer)
    await this.#spool?.close()
    await this.#sink.close()
    return this.#pending.length
  }

  async #write(lines: readonly AuditLine[]): Promise<void> {
    const all = [...this.#pending, ...lines]
    try {
      if (this.#spool?.isEmpty === false) await this.#spool.append(all)
      else await this.#deliver(all)
      this.#pending = []
    } catch (error) {
      this.#pending = all
      this.#fail(error)
      await this.#toSpool()
    }
  }

  async #toSpool(): Promise<void> {
    try {
      if (this.#spool === undefined) throw new GatewayError('SERVICE_UNAVAILABLE')
      await this.#spool.append(this.#pending)
      this.#pending = []
    } catch (cause) {
      throw new GatewayError('SERVICE_UNAVAILABLE', { message: 'The audit log cannot be written.', cause })
    }
  }

  /** What the spool has goes first, then what waits in memory, which is newer. Writers go on meanwhile. */
  #catchUp(): Promise<void> {
    this.#catchingUp ??= this.#drain().finally(() => {
      this.#catchingUp = undefined
    })
    return this.#catchingUp
  }

  async #drain(): Promise<void> {
    try {
      if (this.#leftovers) await this.#spool?.drainLeftovers((lines) => this.#sink.write(lines))
      this.#leftovers = false
      do await this.#spool?.drain((lines) => this.#deliver(lines))
      while (!(await this.#next(() => this.#settle())))
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Goes back to the sink, unless something was spooled in between. */
  async #settle(): Promise<boolean> {
    if (this.#spool?.isEmpty === false) return false
    await this.#spool?.reset()
    if (this.#pending.length > 0) await this.#deliver(this.#pending)
    this.#pending = []
    if (this.#failing) this.#onChange(this.#sink.name, undefined)
    this.#failing = false
    return true
  }

  async #deliver(lines: readonly AuditLine[]): Promise<void> {
    await this.#sink.write(lines)
    const last = lines.findLast((line) => line.kind === 'record' || line.kind === 'opening')
    if (last === undefined) return
    const { chain, hmac } = last
    this.#durable = { chain, sequence: last.kind === 'record' ? last.sequence : 0, hmac }
  }

  #fail(error: unknown): void {
    if (!this.#failing) this.#onChange(this.#sink.name, error)
    this.#failing = true
    this.#retryLater(retryInterval)
  }

  #retryLater(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#catchUp(), milliseconds).unref()
  }

  /** One thing at a time. */
  #next<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
