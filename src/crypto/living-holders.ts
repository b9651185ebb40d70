import { LRUCache } from 'lru-cache'

/** Holders, by the ids of their rows in hex, that were not being erased when that was last looked at. Bounded. */
export class LivingHolders {
  readonly #known = new LRUCache<string, true>({ max: 50_000 })
  #era = 0

  /** Those of some that have to be looked at. */
  unknown(ids: readonly string[]): readonly string[] {
    return ids.filter((id) => this.#known.get(id) === undefined)
  }

  /** To be called before some are looked at. @returns what remembers those that live, unless all was forgotten meanwhile */
  learner(): (ids: readonly string[]) => void {
    const era = this.#era
    return (ids) => {
      if (era === this.#era) for (const id of ids) this.#known.set(id, true)
    }
  }

  forget(): void {
    this.#era += 1
    this.#known.clear()
  }
}
