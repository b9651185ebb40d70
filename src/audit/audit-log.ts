import { setImmediate as nextTurn } from 'node:timers/promises'

import { GatewayError } from '../errors.ts'
import type { KeyLease } from '../crypto/key-lease.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { Chain } from './chain.ts'
import type { AuditEntry } from './event.ts'
import { identitiesKeyTuple, type RecordPlace, sealIdentities } from './identities.ts'
import type { AuditLine, ChainHead } from './line.ts'
import { type OnAuditChange, Outlet, type OutletOptions } from './outlet.ts'
import { printRecord } from './record-text.ts'

export interface AuditLogOptions {
  readonly ring: KeyRing
  /** Names this writer among others: letters, digits, `.`, `_` and `-`. */
  readonly instance: string
  readonly outlets: readonly OutletOptions[]
  readonly onChange: OnAuditChange
}

interface Waiting {
  readonly entry: AuditEntry
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Whoever writes entries, without knowing where to. */
export interface AuditWriter {
  /**
   * Resolves when the entry is durable. When it rejects, what the entry says must not be shown; the entry is kept, as long
   * as there is room, and written later.
   * @throws SERVICE_UNAVAILABLE
   */
  append(entry: AuditEntry): Promise<void>
}

/** Entries that may wait in memory for a key. */
const maxWaiting = 10_000

/**
 * Writes entries down as one chain. What arrives while a write is under way goes out together with the next one, so that
 * requests share the cost of making things durable.
 */
export class AuditLog implements AuditWriter {
  readonly #ring: KeyRing
  readonly #instance: string
  readonly #outlets: readonly Outlet[]
  readonly #onChange: OnAuditChange
  #chain: Chain | undefined
  #waiting: Waiting[] = []
  #flush: Promise<void> | undefined
  #keysFailing = false
  /** How many of those that wait were tried, and wait for a key. */
  #held = 0
  #announced = false

  constructor({ ring, instance, outlets, onChange }: AuditLogOptions) {
    this.#ring = ring
    this.#instance = instance
    this.#outlets = outlets.map((outlet) => new Outlet(outlet, onChange))
    this.#onChange = onChange
  }

  /** While this is so, entries wait in memory, and no answer leaves whose entry cannot be made durable. */
  get failing(): boolean {
    return this.#keysFailing || this.#outlets.some(({ failing }) => failing)
  }

  /** Whether every sink takes what is written, rather than the spool. */
  get healthy(): boolean {
    return !this.failing && this.#outlets.every(({ sinkFailing }) => !sinkFailing)
  }

  /** The chain, while it is open. */
  get chain(): Chain | undefined {
    return this.#chain
  }

  /** How far every sink has the chain; undefined before its beginning is there. */
  get durableHead(): ChainHead | undefined {
    const heads = this.#outlets.map(({ durable }) => durable)
    const known = heads.filter((head) => head !== undefined && head.chain === this.#chain?.opening.chain)
    if (known.length < heads.length) return undefined
    return known.reduce((least, head) =>
      head !== undefined && head.sequence < (least?.sequence ?? Infinity) ? head : least,
    )
  }

  append(entry: AuditEntry): Promise<void> {
    if (this.#waiting.length >= maxWaiting || this.#outlets.some(({ full }) => full)) {
      return Promise.reject(
        new GatewayError('SERVICE_UNAVAILABLE', { message: 'The audit log takes no more.' }),
      )
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject })
      this.#startFlush()
    })
  }

  /**
   * Writes what is left and ends the chain.
   * @param lastly - run when the end of the chain is written, and before its key is let go
   * @returns how much no sink took
   */
  async close(lastly: () => Promise<void>): Promise<number> {
    await this.#flush
    if (this.#waiting.length > 0) await this.#write()
    if (this.#chain !== undefined) {
      await this.#deliver([{ kind: 'closing', ...this.#chain.close() }]).catch(() => undefined)
      await lastly()
    }
    const lost = await Promise.all(this.#outlets.map((outlet) => outlet.close()))
    this.#chain?.release()
    this.#chain = undefined
    return Math.max(this.#waiting.length, ...lost)
  }

  #startFlush(): void {
    // At the end of the turn: what is answered in the same one goes out together.
    this.#flush ??= nextTurn()
      .then(() => this.#write())
      .finally(() => {
        this.#flush = undefined
        // Entries that wait for a key are tried with the next one.
        if (this.#waiting.length > this.#held) this.#startFlush()
      })
  }

  async #write(): Promise<void> {
    const batch = [...this.#waiting]
    const rejectAll = (error: unknown): void => {
      for (const { reject } of batch) reject(error)
    }
    const lease = this.#ring.openLease()
    try {
      this.#chain ??= await Chain.open(this.#ring, this.#instance)
      const refused = await collectKeys(lease, batch)
      const unsealed = new Set<Waiting>()
      const lines = this.#chainUp(this.#chain, batch, (waiting, place) => {
        const sealed = refused.has(waiting.entry.tenant) ? null : seal(waiting.entry, place, lease)
        if (sealed === null) unsealed.add(waiting)
        return sealed
      })
      this.#waiting = this.#waiting.slice(batch.length)
      this.#held = 0
      if (this.#keysFailing) this.#onChange('keys', undefined)
      this.#keysFailing = false
      await this.#deliver(lines).catch(rejectAll)
      for (const waiting of batch) {
        if (unsealed.has(waiting)) waiting.reject(new GatewayError('SERVICE_UNAVAILABLE'))
        else waiting.resolve()
      }
    } catch (error) {
      if (!this.#keysFailing) this.#onChange('keys', error)
      this.#keysFailing = true
      this.#held = batch.length
      rejectAll(error)
    } finally {
      lease.release()
    }
  }

  #chainUp(
    chain: Chain,
    batch: readonly Waiting[],
    sealFor: (waiting: Waiting, place: RecordPlace) => Buffer | null,
  ): readonly AuditLine[] {
    const records = batch.map((waiting): AuditLine => {
      const place = chain.nextPlace
      const text = printRecord(waiting.entry, place, sealFor(waiting, place))
      return { kind: 'record', ...chain.append(text) }
    })
    if (this.#announced) return records
    this.#announced = true
    return [{ kind: 'opening', ...chain.opening }, ...records]
  }

  async #deliver(lines: readonly AuditLine[]): Promise<void> {
    await Promise.all(this.#outlets.map((outlet) => outlet.write(lines)))
  }
}

/**
 * Makes the keys of all tenants available. @returns tenants whose key is gone for ever, under which nothing can be sealed
 * @throws KEY_UNAVAILABLE when a key cannot be had now
 */
async function collectKeys(lease: KeyLease, batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
  const refused = new Set<string>()
  const tenants = new Set(batch.map(({ entry }) => entry.tenant))
  await Promise.all(
    [...tenants].map(async (tenant) => {
      try {
        await lease.collectForWrite([identitiesKeyTuple(tenant)])
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code === 'KEY_UNAVAILABLE') throw error
        refused.add(tenant)
      }
    }),
  )
  return refused
}

/** Null when it cannot be sealed, now or ever: the record then says what happened, and nothing of whose it was. */
function seal({ tenant, viewer, events }: AuditEntry, place: RecordPlace, lease: KeyLease): Buffer | null {
  try {
    return sealIdentities(lease.writeKey(identitiesKeyTuple(tenant)), tenant, place, viewer, events)
  } catch (error) {
    if (error instanceof GatewayError) return null
    throw error
  }
}
