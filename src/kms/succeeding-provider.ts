import type {
  Kek,
  KekStatus,
  KeyOutcome,
  KeyProvider,
  KeyProviderCapabilities,
  UnwrapItem,
  WrapItem,
} from '../crypto/key-provider.ts'
import { assertUnwrapItems } from './assert-items.ts'

/**
 * Keys on their way from one key service to another: wraps by the newer, unwraps by whichever wrapped. What the older one
 * wrapped is under no version of the newer, so that to rewrap is to move it.
 */
export class SucceedingKeyProvider implements KeyProvider {
  readonly name: string
  readonly capabilities: KeyProviderCapabilities
  readonly #newer: KeyProvider
  readonly #older: KeyProvider

  constructor(newer: KeyProvider, older: KeyProvider) {
    this.#newer = newer
    this.#older = older
    this.name = newer.name
    const [one, other] = [newer.capabilities, older.capabilities]
    const { versions } = one
    this.capabilities = {
      batch: one.batch && other.batch,
      context: one.context && other.context,
      serverRewrap: false,
      versions,
    }
  }

  async prepare(keks: readonly Kek[]): Promise<void> {
    await Promise.all([this.#newer.prepare(keks), this.#older.prepare(keks)])
  }

  wrap(kek: Kek, items: readonly WrapItem[]): Promise<KeyOutcome[]> {
    return this.#newer.wrap(kek, items)
  }

  async unwrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    assertUnwrapItems(items)
    const outcomes = items.map((): KeyOutcome => unavailable)
    const ask = async (provider: KeyProvider, ofNewer: boolean): Promise<void> => {
      const places = [...items.entries()].filter(([, { wrapped }]) => this.#isNewer(wrapped) === ofNewer)
      if (places.length === 0) return
      const opened = await provider.unwrap(
        kek,
        places.map(([, item]) => item),
      )
      places.forEach(([index], at) => (outcomes[index] = opened[at] ?? unavailable))
    }
    await Promise.all([ask(this.#newer, true), ask(this.#older, false)])
    return outcomes
  }

  rotate(kek: Kek): Promise<KekStatus> {
    return this.#newer.rotate(kek)
  }

  async rewrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    if (items.every(({ wrapped }) => this.#isNewer(wrapped))) return this.#newer.rewrap(kek, items)
    const outcomes = await this.unwrap(kek, items)
    const opened = items.flatMap(({ context, tenant }, index) => {
      const outcome = outcomes[index]
      if (outcome?.ok !== true) return []
      return [{ index, context, key: outcome.bytes, ...(tenant === undefined ? {} : { tenant }) }]
    })
    try {
      const wrapped = opened.length === 0 ? [] : await this.#newer.wrap(kek, opened)
      opened.forEach(({ index }, at) => (outcomes[index] = wrapped[at] ?? unavailable))
      return outcomes
    } finally {
      for (const { key } of opened) key.fill(0)
    }
  }

  status(kek: Kek): Promise<KekStatus> {
    return this.#newer.status(kek)
  }

  versionOf(wrapped: Buffer): number | undefined {
    return this.#newer.versionOf(wrapped)
  }

  trim(kek: Kek, oldest: number): Promise<void> {
    return this.#newer.trim(kek, oldest)
  }

  async check(): Promise<void> {
    await Promise.all([this.#newer.check(), this.#older.check()])
  }

  async close(): Promise<void> {
    await Promise.all([this.#newer.close(), this.#older.close()])
  }

  #isNewer(wrapped: Buffer): boolean {
    return this.#newer.versionOf(wrapped) !== undefined
  }
}

const unavailable: KeyOutcome = { ok: false, reason: 'UNAVAILABLE' }
