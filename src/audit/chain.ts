import { randomBytes } from 'node:crypto'

import type { KeyLease } from '../crypto/key-lease.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import type { Anchor } from './anchor.ts'
import { anchorHmac, chainKeyTuple, closingHmac, openingHmac, recordHmac } from './chain-key.ts'
import type { AuditRecord, ChainClosing, ChainHead, ChainOpening } from './line.ts'
import { merkleRoot } from './merkle-root.ts'

/** The chain of one writer: everything that this process writes to the log, in one order that cannot be changed later. */
export class Chain {
  readonly opening: ChainOpening
  readonly #lease: KeyLease
  #sequence = 0
  #head: Buffer
  #anchors = 0

  private constructor(lease: KeyLease, instance: string) {
    const at = new Date()
    const keyId = lease.writeKey(chainKeyTuple).keyId.toString('hex')
    const chain = `${instance}@${at.getTime().toString(36)}-${randomBytes(4).toString('hex')}`
    const opening = { chain, at: at.toISOString(), keyId }
    this.#lease = lease
    this.#head = openingHmac(lease.writeKey(chainKeyTuple), opening)
    this.opening = { ...opening, hmac: this.#head }
  }

  /**
   * The chain key stays pinned while the chain is open, so that the log goes on without the key service.
   * @param instance - letters, digits, `.`, `_` and `-`
   * @throws KEY_UNAVAILABLE
   */
  static async open(ring: KeyRing, instance: string): Promise<Chain> {
    const lease = ring.openLease()
    try {
      await lease.collectForWrite([chainKeyTuple])
      return new Chain(lease, instance)
    } catch (error) {
      lease.release()
      throw error
    }
  }

  /** Where the next record will stand. */
  get nextPlace(): { readonly chain: string; readonly sequence: number } {
    return { chain: this.opening.chain, sequence: this.#sequence + 1 }
  }

  get head(): ChainHead {
    return { chain: this.opening.chain, sequence: this.#sequence, hmac: this.#head }
  }

  /** Appends what was made for {@link Chain.nextPlace}. */
  append(text: string): AuditRecord {
    const place = this.nextPlace
    this.#head = recordHmac(this.#lease.writeKey(chainKeyTuple), this.#head, { ...place, text })
    this.#sequence = place.sequence
    return { ...place, text, hmac: this.#head }
  }

  anchor(heads: readonly ChainHead[]): Anchor {
    this.#anchors += 1
    const by = this.opening.chain
    const parts = {
      by,
      number: this.#anchors,
      at: new Date().toISOString(),
      heads,
      root: merkleRoot(heads),
    }
    return { ...parts, hmac: anchorHmac(this.#lease.writeKey(chainKeyTuple), parts) }
  }

  /** The last word on the chain, which is not to be used afterwards. */
  close(): ChainClosing {
    const { head } = this
    const parts = { chain: head.chain, how: 'closed', at: new Date().toISOString(), head } as const
    return { ...parts, hmac: closingHmac(this.#lease.writeKey(chainKeyTuple), parts) }
  }

  release(): void {
    this.#lease.release()
  }
}
