import { GatewayError } from '../errors.ts'
import { DataKey } from './data-key.ts'
import type { LoadOutcome } from './key-lease.ts'
import type { Kek, KeyOutcome, KeyProvider, KeyPurpose } from './key-provider.ts'
import type { StoredKey } from './key-store.ts'
import { wrapContext, type KeyTuple } from './key-tuple.ts'

/** Plain counters since the start. */
export interface KeyTrips {
  wraps: number
  wrapTrips: number
  unwraps: number
  unwrapTrips: number
  /** Of `unwraps`: how many keys of each purpose were asked for. */
  readonly unwrapsFor: Record<KeyPurpose, number>
}

/** A stored key under the tuple that the caller expects, which its KEK and wrap context are made of. */
export interface ExpectedKey {
  readonly tuple: KeyTuple
  readonly stored: Pick<StoredKey, 'keyId' | 'wrapped'>
}

/** Asks a provider for many keys at once: one call per KEK, all calls in parallel. */
export class KekBatches {
  readonly trips: KeyTrips = {
    wraps: 0,
    wrapTrips: 0,
    unwraps: 0,
    unwrapTrips: 0,
    unwrapsFor: { REVEAL: 0, MASK: 0, INDEX: 0 },
  }
  readonly #provider: KeyProvider

  constructor(provider: KeyProvider) {
    this.#provider = provider
  }

  /** Wrapped bytes in the order of the keys; undefined for those that could not be wrapped. */
  async wrap(
    keys: readonly { readonly tuple: KeyTuple; readonly key: DataKey }[],
  ): Promise<(Buffer | undefined)[]> {
    const outcomes = await this.#perKek(keys, (kek, batch) => {
      this.trips.wraps += batch.length
      this.trips.wrapTrips += 1
      const items = batch.map(({ tuple, key }) => ({
        tenant: tuple.holder.tenant,
        context: wrapContext(tuple),
        key: key.rootForWrapping(),
      }))
      return this.#provider.wrap(kek, items)
    })
    return outcomes.map((outcome) => (outcome.ok ? outcome.bytes : undefined))
  }

  /** Keys in the order of the items, each proved to be the one its key id commits to. */
  async unwrap(keys: readonly ExpectedKey[]): Promise<LoadOutcome[]> {
    const outcomes = await this.#perKek(keys, (kek, batch) => {
      this.trips.unwraps += batch.length
      this.trips.unwrapTrips += 1
      this.trips.unwrapsFor[kek.purpose] += batch.length
      const items = batch.map(({ tuple, stored }) => ({
        tenant: tuple.holder.tenant,
        context: wrapContext(tuple),
        wrapped: stored.wrapped,
      }))
      return this.#provider.unwrap(kek, items)
    })
    return keys.map(({ stored }, index) => {
      const outcome = outcomes[index] ?? unavailable
      if (outcome.ok) return openKey(outcome.bytes, stored.keyId)
      return outcome.reason === 'INVALID' ? 'DECRYPTION_FAILED' : 'KEY_UNAVAILABLE'
    })
  }

  async #perKek<Item extends { readonly tuple: KeyTuple }>(
    items: readonly Item[],
    call: (kek: Kek, batch: readonly Item[]) => Promise<KeyOutcome[]>,
  ): Promise<KeyOutcome[]> {
    const batches = new Map<string, { kek: Kek; indexes: number[]; items: Item[] }>()
    items.forEach((item, index) => {
      const { keyType, purpose } = item.tuple
      const name = `${keyType}/${purpose}`
      const batch = batches.get(name) ?? { kek: { keyType, purpose }, indexes: [], items: [] }
      batches.set(name, batch)
      batch.indexes.push(index)
      batch.items.push(item)
    })
    const outcomes = items.map((): KeyOutcome => unavailable)
    const calls = [...batches.values()].map(async (batch) => {
      const answers = await answered(call(batch.kek, batch.items), batch.items.length)
      answers.forEach((answer, at) => (outcomes[batch.indexes[at] ?? -1] = answer))
    })
    await Promise.all(calls)
    return outcomes
  }
}

const unavailable: KeyOutcome = { ok: false, reason: 'UNAVAILABLE' }

/** No outcomes unless there is one for every item: otherwise nobody knows whose they are. */
async function answered(call: Promise<KeyOutcome[]>, count: number): Promise<KeyOutcome[]> {
  try {
    const outcomes = await call
    if (outcomes.length === count) return outcomes
    for (const outcome of outcomes) if (outcome.ok) outcome.bytes.fill(0)
    return []
  } catch (error) {
    if (error instanceof GatewayError) return []
    throw error
  }
}

function openKey(root: Buffer, keyId: Buffer): LoadOutcome {
  try {
    return DataKey.open(root, keyId)
  } catch {
    return 'DECRYPTION_FAILED'
  }
}
