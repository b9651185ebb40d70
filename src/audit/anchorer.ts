import type { KeyRing } from '../crypto/key-ring.ts'
import type { AnchorTarget } from './anchor.ts'
import type { AuditLog } from './audit-log.ts'
import type { ChainRegistry } from './chain-registry.ts'
import type { ChainHead } from './line.ts'
import { settleChains } from './settle-chains.ts'
import type { AuditSink } from './sink.ts'

export interface AnchorerOptions {
  readonly log: AuditLog
  readonly ring: KeyRing
  /** Milliseconds between anchors. */
  readonly interval: number
  readonly targets: readonly AnchorTarget[]
  /** Where other writers' chains are, and where the ends of those that died are written. */
  readonly shared: { readonly registry: ChainRegistry; readonly sink: AuditSink } | undefined
  /** @param target - absent when the heads could not be read */
  readonly onFailure: (error: unknown, target?: string) => void
}

/**
 * Says from time to time, and at the end, where all chains stand. An anchor names only what every sink has: it must never
 * claim what a crash could still take. Answers do not wait for it.
 */
export class Anchorer {
  readonly #options: AnchorerOptions
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #last = ''

  constructor(options: AnchorerOptions) {
    this.#options = options
    this.#schedule()
  }

  /** Ends the rounds, after one that is under way. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#running
    clearTimeout(this.#timer)
  }

  /** Anchors all heads, unless they are those of the last time. */
  async anchor(): Promise<void> {
    const { log, targets, onFailure } = this.#options
    const { chain } = log
    if (chain === undefined) return
    try {
      const heads = await this.#heads(chain.opening.chain)
      const state = heads.map(({ hmac }) => hmac.toString('hex')).join()
      if (state === this.#last) return
      const anchor = chain.anchor(heads)
      const put = targets.map(async (target) => {
        await target.put(anchor).catch((error: unknown) => {
          onFailure(error, target.name)
        })
      })
      await Promise.all(put)
      this.#last = state
    } catch (error) {
      onFailure(error)
    }
  }

  async #heads(own: string): Promise<readonly ChainHead[]> {
    const { log, ring, shared } = this.#options
    const { durableHead } = log
    if (shared === undefined) return durableHead === undefined ? [] : [durableHead]
    await shared.registry.touch(own)
    const others = (await shared.registry.openChains()).filter(({ head }) => head.chain !== own)
    const ends = await settleChains(others, ring)
    if (ends.length > 0) await shared.sink.write(ends)
    const heads = others.map(({ head }) => head)
    return durableHead === undefined ? heads : [durableHead, ...heads]
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.anchor().finally(() => {
        this.#schedule()
      })
    }, this.#options.interval).unref()
  }
}
