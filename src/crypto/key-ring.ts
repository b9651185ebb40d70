import { GatewayError } from '../errors.ts'
import { createKeys, type KeyRows, type RowTuple, type StoredTuple } from './create-keys.ts'
import { DataKey } from './data-key.ts'
import type { IndexKeys, IndexPath } from './index-keys.ts'
import { judgeForIndex } from './index-states.ts'
import { KekBatches, type KeyTrips } from './kek-batches.ts'
import { KeyCache, type KeyCacheOptions, type Pinned } from './key-cache.ts'
import { KeyFlights, type KeyLoader } from './key-flights.ts'
import { KeyLease, type LoadOutcome, type KeyRequest } from './key-lease.ts'
import type { Kek, KeyProvider } from './key-provider.ts'
import { type KeyRights, mayUse } from './key-rights.ts'
import { isClosed, judgeForRead, judgeForWrite } from './key-states.ts'
import { LivingHolders } from './living-holders.ts'
import type { KeyStore } from './key-store.ts'
import { holderId, type KeyHolder, type KeyTuple } from './key-tuple.ts'
import { openIndexes } from './open-indexes.ts'
import type { StateLease } from './state-lease.ts'

export interface KeyRingOptions extends KeyCacheOptions {
  readonly store: KeyStore
  readonly provider: KeyProvider
  /**
   * What this instance may ask of the provider. Where it may wrap and not unwrap, it makes a new generation for what it
   * encrypts, and what it made is read by others only. Default: `full`.
   */
  readonly rights?: KeyRights
  /**
   * Milliseconds after which a key of this KEK gets a new generation at the next write. Default: never. Not asked for
   * `INDEX` keys: terms under a new one are a job of their own.
   */
  readonly maxAge?: (kek: Kek) => number
  /**
   * While it is not held no key is handed out, cached or not: all are `KEY_UNAVAILABLE`. Absent: key states are as they were
   * found, for a process that ends before they could change for it.
   */
  readonly states?: StateLease | undefined
}

/** Counted since the start, for metrics and benches. */
export interface KeyRingCounters extends KeyTrips {
  readonly hits: number
  readonly misses: number
  readonly finds: number
}

type Outcomes = Map<string, LoadOutcome>
type IndexOutcome = LoadOutcome<IndexKeys>

/** Gets and creates data keys: one look-up in the store and one call per KEK, for as many keys as are asked for at once. */
export class KeyRing {
  readonly #store: KeyStore
  readonly #keks: KekBatches
  readonly #rights: KeyRights
  readonly #maxAge: (kek: Kek) => number
  readonly #cache: KeyCache
  readonly #states: StateLease | undefined
  readonly #flights = new KeyFlights()
  readonly #living = new LivingHolders()
  readonly #indexCache: KeyCache<IndexKeys>
  readonly #indexFlights = new KeyFlights<IndexKeys>()
  readonly #counts = { hits: 0, misses: 0, finds: 0 }

  constructor(options: KeyRingOptions) {
    const { maxAge } = options
    this.#store = options.store
    this.#keks = new KekBatches(options.provider)
    this.#rights = options.rights ?? 'full'
    this.#maxAge = (kek) => (maxAge === undefined || kek.purpose === 'INDEX' ? Infinity : maxAge(kek))
    this.#cache = new KeyCache(options)
    this.#states = options.states
    this.#indexCache = new KeyCache(options)
  }

  get counters(): KeyRingCounters {
    const { trips } = this.#keks
    return { ...this.#counts, ...trips, unwrapsFor: { ...trips.unwrapsFor } }
  }

  openLease(): KeyLease {
    return new KeyLease(this)
  }

  /** Empties the cache: after key states changed, or when they could not be read in time. Pinned keys stay usable. */
  clear(): void {
    this.#flights.forget()
    this.#cache.clear()
    this.#indexFlights.forget()
    this.#indexCache.clear()
    this.#living.forget()
  }

  /**
   * For what is written for a holder without any of its keys.
   *
   * @param anew - looks also at those that were not being erased when that was last looked at
   * @returns those of some holders that are being erased, or were
   * @throws SERVICE_UNAVAILABLE when that cannot be learnt, KEY_UNAVAILABLE when key states are not known
   */
  async findErased<Holder extends KeyHolder>(
    holders: readonly Holder[],
    anew = false,
  ): Promise<ReadonlySet<Holder>> {
    if (!this.#areStatesKnown()) throw new GatewayError('KEY_UNAVAILABLE')
    const ids = holders.map((holder) => holderId(holder).toString('hex'))
    const unknown = anew ? ids : this.#living.unknown(ids)
    if (unknown.length === 0) return new Set()
    const remember = this.#living.learner()
    const rows = await this.#store.find([...new Set(unknown)].map((id) => Buffer.from(id, 'hex')))
    const closed = new Set(rows.filter(isClosed).map(({ id }) => id.toString('hex')))
    remember(unknown.filter((id) => !closed.has(id)))
    return new Set(holders.filter((_holder, index) => closed.has(ids[index] ?? '')))
  }

  /** @internal For {@link KeyLease}. */
  cached(id: string, tuple: KeyTuple): DataKey | undefined {
    const key = this.#areStatesKnown() ? this.#cache.take(id, tuple) : undefined
    this.#counts[key === undefined ? 'misses' : 'hits'] += 1
    return key
  }

  /** @internal For {@link KeyLease}. */
  loadForRead(requests: ReadonlyMap<string, KeyRequest>): Promise<Outcomes> {
    return this.#load(this.#flights, requests, {
      load: async (wanted, outcomes) => {
        const rows = await this.#findRows([...wanted.values()].map(({ tuple }) => tuple))
        const unwrapping: StoredTuple[] = []
        for (const [name, { tuple, keyId }] of wanted) {
          const rowId = rowIdOf(tuple)
          const verdict = judgeForRead(rows.get(rowId), tuple, keyId)
          if (typeof verdict === 'string') outcomes.set(name, verdict)
          else unwrapping.push({ name, tuple, rowId, stored: verdict })
        }
        await this.#unwrap(unwrapping, outcomes)
      },
      landed: (_name, { tuple, keyId }, key) => {
        this.#cache.put(keyId, tuple, key)
      },
    })
  }

  /** @internal For {@link KeyLease}. */
  loadForWrite(tuples: ReadonlyMap<string, KeyTuple>): Promise<Outcomes> {
    const cached = new Set<string>()
    return this.#load(this.#flights, tuples, {
      load: async (wanted, outcomes) => {
        const rows = await this.#findRows([...wanted.values()])
        const unwrapping: StoredTuple[] = []
        const missing: RowTuple[] = []
        for (const [name, tuple] of wanted) {
          const rowId = rowIdOf(tuple)
          const verdict = judgeForWrite(rows.get(rowId), tuple, this.#maxAge(tuple))
          if (verdict === 'MISSING') missing.push({ name, tuple, rowId })
          else if (typeof verdict === 'string') outcomes.set(name, verdict)
          else if (this.#mayUnwrap(tuple)) {
            // Readers may have it in memory.
            const key = this.#cache.takeAs(name, verdict.keyId.toString('hex'), tuple)
            if (key === undefined) unwrapping.push({ name, tuple, rowId, stored: verdict })
            else {
              cached.add(name)
              outcomes.set(name, key)
            }
          } else missing.push({ name, tuple, rowId })
        }
        await Promise.all([this.#unwrap(unwrapping, outcomes), this.#create(missing, rows, outcomes)])
      },
      landed: (name, tuple, key) => {
        if (cached.has(name)) return
        this.#cache.put(name, tuple, key)
        if (this.#mayUnwrap(tuple)) this.#cache.put(key.keyId.toString('hex'), tuple, key)
      },
    })
  }

  /** @internal For {@link KeyLease}. */
  cachedIndex(tuple: KeyTuple): IndexKeys | undefined {
    const keys = this.#areStatesKnown() ? this.#indexCache.take(tuple.name, tuple) : undefined
    this.#counts[keys === undefined ? 'misses' : 'hits'] += 1
    return keys
  }

  /** @internal For {@link KeyLease}. */
  loadIndexes(paths: ReadonlyMap<string, IndexPath>): Promise<Map<string, IndexOutcome>> {
    return this.#load(this.#indexFlights, paths, {
      load: async (wanted, outcomes) => {
        const openedAt = performance.now()
        const rows = await this.#findRows([...wanted.values()].map(({ tuple }) => tuple))
        await this.#createIndexes(wanted, rows)
        await openIndexes(wanted, rows, outcomes, {
          openedAt,
          unwrap: (items, opened) => this.#unwrap(items, opened),
        })
      },
      landed: (name, { tuple }, keys) => {
        this.#indexCache.put(name, tuple, keys)
      },
    })
  }

  /** Makes first keys, and lets go of them: they are unwrapped like those of others. */
  async #createIndexes(paths: ReadonlyMap<string, IndexPath>, rows: KeyRows): Promise<void> {
    const missing = [...paths].flatMap(([name, { tuple, version }]) => {
      const rowId = rowIdOf(tuple)
      const isMissing = judgeForIndex(rows.get(rowId), tuple) === 'MISSING'
      return isMissing ? [{ name, tuple, rowId, indexVersion: version }] : []
    })
    const created: Outcomes = new Map()
    await this.#create(missing, rows, created)
    for (const key of created.values()) if (key instanceof DataKey) key.release()
  }

  #areStatesKnown(): boolean {
    return this.#states?.isHeld !== false
  }

  /** No outcomes where key states are not known, before the load or behind it. */
  async #load<Wanted, Key extends Pinned>(
    flights: KeyFlights<Key>,
    wanted: ReadonlyMap<string, Wanted>,
    loader: KeyLoader<Wanted, Key>,
  ): Promise<Map<string, LoadOutcome<Key>>> {
    if (!this.#areStatesKnown()) return new Map()
    const outcomes = await flights.load(wanted, loader)
    if (this.#areStatesKnown()) return outcomes
    for (const outcome of outcomes.values()) if (typeof outcome !== 'string') outcome.release()
    return new Map()
  }

  async #findRows(tuples: readonly KeyTuple[]): Promise<KeyRows> {
    this.#counts.finds += 1
    const ids = new Set(tuples.map(rowIdOf))
    const rows = await this.#store.find([...ids].map((id) => Buffer.from(id, 'hex')))
    return new Map(rows.map((row) => [row.id.toString('hex'), row]))
  }

  async #create(missing: readonly RowTuple[], rows: KeyRows, outcomes: Outcomes): Promise<void> {
    if (missing.length === 0) return
    const context = {
      keks: this.#keks,
      store: this.#store,
      maxAge: this.#maxAge,
      mayUnwrap: (kek: Kek) => this.#mayUnwrap(kek),
    }
    try {
      await this.#unwrap(await createKeys(missing, rows, outcomes, context), outcomes)
    } catch (error) {
      // The store could not be asked. The keys that are being unwrapped beside this are still to be taken.
      if (!(error instanceof GatewayError)) throw error
    }
  }

  #mayUnwrap(kek: Kek): boolean {
    return mayUse(this.#rights, 'unwrap', kek)
  }

  /** Keys that this instance may not unwrap stay without outcome, and so `KEY_UNAVAILABLE`. */
  async #unwrap(items: readonly StoredTuple[], outcomes: Outcomes): Promise<void> {
    const permitted = items.filter(({ tuple }) => this.#mayUnwrap(tuple))
    const keys = await this.#keks.unwrap(permitted)
    permitted.forEach(({ name }, index) => {
      const key = keys[index]
      if (key !== undefined) outcomes.set(name, key)
    })
  }
}

function rowIdOf({ holder }: KeyTuple): string {
  return holderId(holder).toString('hex')
}
