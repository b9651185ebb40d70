import { DataKey } from '../../crypto/data-key.ts'
import type { IntermediateKey, IntermediateKeyStore } from '../../crypto/intermediate-key-store.ts'
import { KeyCache, type KeyCacheOptions } from '../../crypto/key-cache.ts'
import { KeyFlights } from '../../crypto/key-flights.ts'
import type { LoadOutcome } from '../../crypto/key-lease.ts'
import type { Kek, KekStatus } from '../../crypto/key-provider.ts'
import { createKeyTuple, type KeyTuple } from '../../crypto/key-tuple.ts'
import { GatewayError } from '../../errors.ts'
import type { KeyService, KeyUse } from './key-service.ts'

/** The installation's own intermediate key of a KEK: its versions are those of the KEK. */
export const ownTenant = ''

/**
 * The intermediate keys of a key service: unwrapped in memory under the same bounds as data keys, wrapped in the store.
 *
 * The store is asked each time, so that a rotation counts everywhere at once and a trimmed version nowhere; the service is
 * asked for what is not in memory.
 */
export class IntermediateKeys {
  readonly #service: KeyService
  readonly #store: IntermediateKeyStore
  readonly #cache: KeyCache
  readonly #flights = new KeyFlights()
  #lastFailure: GatewayError | undefined

  constructor(service: KeyService, store: IntermediateKeyStore, options: KeyCacheOptions = {}) {
    this.#service = service
    this.#store = store
    this.#cache = new KeyCache(options)
  }

  /** The stored keys of these tenants by {@link slotName}, and the KEK's versions. */
  async find(kek: Kek, tenants: readonly string[]): Promise<StoredKeys> {
    const wanted = [...new Set([ownTenant, ...tenants])]
    return new StoredKeys(await available(() => this.#store.find(kek, wanted)))
  }

  /** {@link find}, where there is a first version at least: the installation's own is there before any other. */
  async findBegun(kek: Kek, tenants: readonly string[]): Promise<StoredKeys> {
    const stored = await this.find(kek, tenants)
    if (!stored.isEmpty) return stored
    await this.#reserve(kek, 1)
    return this.find(kek, tenants)
  }

  /** Why a key could not be had the last time. */
  get lastFailure(): GatewayError | undefined {
    return this.#lastFailure
  }

  /** A key for each slot, made and stored where there is none; every key has a pin for the caller. */
  async getOrCreate(uses: readonly KeyUse[], stored: StoredKeys): Promise<ReadonlyMap<string, LoadOutcome>> {
    const existing = uses.filter((use) => stored.get(use) !== undefined)
    const missing = new Map(
      uses.filter((use) => stored.get(use) === undefined).map((use) => [longName(use), use]),
    )
    const [opened, created] = await Promise.all([
      this.open(existing, stored),
      this.#flights.load(missing, {
        load: (wanted, outcomes) => this.#settleAll(wanted, outcomes, (use) => this.#create(use)),
        landed: (_name, use, key) => {
          this.#keep(use, key)
        },
      }),
    ])
    return new Map([...opened, ...uses.flatMap((use) => entryOf(slotName(use), created.get(longName(use))))])
  }

  /** The keys of these slots; `DECRYPTION_FAILED` where there is none. Every key has a pin for the caller. */
  async open(uses: readonly KeyUse[], stored: StoredKeys): Promise<ReadonlyMap<string, LoadOutcome>> {
    const outcomes = new Map<string, LoadOutcome>()
    const missing = new Map<string, IntermediateKey>()
    for (const use of uses) {
      const row = stored.get(use)
      const cached = row === undefined ? undefined : this.#cache.take(row.keyId.toString('hex'), tupleOf(use))
      if (row === undefined) outcomes.set(slotName(use), 'DECRYPTION_FAILED')
      else if (cached === undefined) missing.set(`${longName(use)}#${row.keyId.toString('hex')}`, row)
      else outcomes.set(slotName(use), cached)
    }
    const loaded = await this.#flights.load(missing, {
      load: (wanted, found) => this.#settleAll(wanted, found, (row) => this.#unwrap(row)),
      landed: (_name, row, key) => {
        this.#keep(row, key)
      },
    })
    for (const [name, row] of missing) {
      outcomes.set(slotName(row), loaded.get(name) ?? 'KEY_UNAVAILABLE')
    }
    return outcomes
  }

  /** Takes the next version, which another process may have taken at the same time. */
  async rotate(kek: Kek): Promise<KekStatus> {
    const { status } = await this.findBegun(kek, [])
    await this.#reserve(kek, status.newest + 1)
    return (await this.find(kek, [])).status
  }

  async trim(kek: Kek, oldest: number): Promise<void> {
    await available(() => this.#store.remove(kek, 1, oldest))
    this.clear()
  }

  /** Forgets every key; those in use are zeroed when they are released. */
  clear(): void {
    this.#flights.forget()
    this.#cache.clear()
  }

  /** Takes a version of the installation's own key, unless it is taken. */
  async #reserve({ keyType, purpose }: Kek, version: number): Promise<void> {
    const key = DataKey.create()
    try {
      await this.#wrapAndStore({ keyType, purpose, tenant: ownTenant, version }, key)
    } finally {
      key.release()
    }
  }

  /** Ours once it is stored; where another was first, the winner's. */
  async #create(use: KeyUse): Promise<LoadOutcome> {
    const key = DataKey.create()
    try {
      const winner = await this.#wrapAndStore(use, key)
      return winner.keyId.equals(key.keyId) ? key.retain() : await this.#unwrap(winner)
    } finally {
      key.release()
    }
  }

  async #wrapAndStore({ keyType, purpose, tenant, version }: KeyUse, key: DataKey): Promise<IntermediateKey> {
    const use = { keyType, purpose, tenant, version }
    const wrapped = await this.#service.wrap(use, key.rootForWrapping())
    const row = { ...use, keyId: key.keyId, wrapped, createdAt: new Date() }
    return available(() => this.#store.insert(row))
  }

  /** What the service or the store could not do stays without outcome, and so `KEY_UNAVAILABLE`. */
  async #settleAll<Wanted>(
    wanted: ReadonlyMap<string, Wanted>,
    outcomes: Map<string, LoadOutcome>,
    load: (one: Wanted) => Promise<LoadOutcome>,
  ): Promise<void> {
    await Promise.all(
      [...wanted].map(async ([name, one]) => {
        try {
          outcomes.set(name, await load(one))
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error
          if (error.code === 'DECRYPTION_FAILED') outcomes.set(name, 'DECRYPTION_FAILED')
          else this.#lastFailure = error
        }
      }),
    )
  }

  async #unwrap(row: IntermediateKey): Promise<LoadOutcome> {
    const root = await this.#service.unwrap(row, row.wrapped)
    return root === undefined ? 'DECRYPTION_FAILED' : DataKey.open(root, row.keyId)
  }

  #keep(use: KeyUse, key: DataKey): void {
    this.#cache.put(key.keyId.toString('hex'), tupleOf(use), key)
  }
}

/** What the store holds of a KEK and some tenants. */
export class StoredKeys {
  readonly #rows: ReadonlyMap<string, IntermediateKey>
  readonly #own: readonly IntermediateKey[]

  constructor(rows: readonly IntermediateKey[]) {
    this.#rows = new Map(rows.map((row) => [slotName(row), row]))
    this.#own = rows
      .filter(({ tenant }) => tenant === ownTenant)
      .sort((one, other) => one.version - other.version)
  }

  get isEmpty(): boolean {
    return this.#own.length === 0
  }

  /** The first version is made when it is first used. */
  get status(): KekStatus {
    const newest = this.#own.at(-1)
    return {
      newest: newest?.version ?? 1,
      oldest: this.#own[0]?.version ?? 1,
      newestCreatedAt: newest?.createdAt,
    }
  }

  get({ tenant, version }: KeyUse): IntermediateKey | undefined {
    return this.#rows.get(slotName({ tenant, version }))
  }
}

/** Names a slot among those of one KEK. */
export function slotName({ tenant, version }: Pick<KeyUse, 'tenant' | 'version'>): string {
  return `${version}/${tenant}`
}

function longName(use: KeyUse): string {
  return `${use.keyType}/${use.purpose}/${slotName(use)}`
}

function tupleOf({ tenant, keyType, purpose, version }: KeyUse): KeyTuple {
  const scopeId = `intermediate/${version}`
  return createKeyTuple({ tenant, scope: 'TENANT', scopeId }, keyType, purpose)
}

function entryOf(name: string, outcome: LoadOutcome | undefined): [string, LoadOutcome][] {
  return outcome === undefined ? [] : [[name, outcome]]
}

/** A store that cannot be asked makes keys unavailable: the port knows no other word for it. */
async function available<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    throw new GatewayError('KEY_UNAVAILABLE', {
      message: 'The intermediate keys could not be read or stored.',
    })
  }
}
