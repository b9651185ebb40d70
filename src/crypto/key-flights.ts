import { GatewayError } from '../errors.ts'
import type { DataKey } from './data-key.ts'
import type { Pinned } from './key-cache.ts'
import type { LoadOutcome } from './key-lease.ts'

export interface KeyLoader<Wanted, Key extends Pinned = DataKey> {
  /** Puts every outcome into the map as soon as it is known; what is missing at the end is `KEY_UNAVAILABLE`. */
  load(wanted: ReadonlyMap<string, Wanted>, outcomes: Map<string, LoadOutcome<Key>>): Promise<void>
  /** Told of every key that was loaded, unless {@link KeyFlights.forget} was called meanwhile. */
  landed(name: string, wanted: Wanted, key: Key): void
}

interface Flight<Key> {
  waiters: number
  readonly outcome: Promise<LoadOutcome<Key>>
}

/** Single flight: however many ask for a key while it is being loaded, it is loaded once. */
export class KeyFlights<Key extends Pinned = DataKey> {
  readonly #flights = new Map<string, Flight<Key>>()

  /** @returns outcomes by name; every key has a pin for this caller. */
  async load<Wanted>(
    wanted: ReadonlyMap<string, Wanted>,
    loader: KeyLoader<Wanted, Key>,
  ): Promise<Map<string, LoadOutcome<Key>>> {
    const fresh = new Map([...wanted].filter(([name]) => !this.#flights.has(name)))
    const batch = fresh.size === 0 ? undefined : loadAll(fresh, loader)
    for (const [name, item] of fresh) {
      const land = (outcomes: ReadonlyMap<string, LoadOutcome<Key>> | undefined): LoadOutcome<Key> => {
        const outcome = outcomes?.get(name) ?? 'KEY_UNAVAILABLE'
        const current = this.#forget(name, flight)
        if (typeof outcome === 'string') return outcome
        if (current) loader.landed(name, item, outcome)
        // The loader's own pin is the first waiter's.
        for (let pins = 1; pins < flight.waiters; pins += 1) outcome.retain()
        return outcome
      }
      const flight: Flight<Key> = { waiters: 0, outcome: Promise.resolve(batch).then(land) }
      flight.outcome.catch(() => this.#forget(name, flight))
      this.#flights.set(name, flight)
    }
    const joined = [...wanted.keys()].map(async (name): Promise<[string, LoadOutcome<Key>]> => {
      const flight = this.#flights.get(name)
      if (flight === undefined) return [name, 'KEY_UNAVAILABLE']
      flight.waiters += 1
      return [name, await flight.outcome]
    })
    return new Map(await Promise.all(joined))
  }

  /** Whoever asks from now on starts a new load. */
  forget(): void {
    this.#flights.clear()
  }

  #forget(name: string, flight: Flight<Key>): boolean {
    return this.#flights.get(name) === flight && this.#flights.delete(name)
  }
}

async function loadAll<Wanted, Key extends Pinned>(
  wanted: ReadonlyMap<string, Wanted>,
  loader: KeyLoader<Wanted, Key>,
): Promise<Map<string, LoadOutcome<Key>>> {
  const outcomes = new Map<string, LoadOutcome<Key>>()
  try {
    await loader.load(wanted, outcomes)
  } catch (error) {
    // The store could not be asked. Anything else is a fault of the program and is not hidden.
    if (!(error instanceof GatewayError)) throw error
  }
  return outcomes
}
