import type { ChainHead } from './line.ts'

/** Where every chain stood at one moment. Kept out of reach, it shows that nothing was taken away since. */
export interface AnchorParts {
  /** The chain whose writer says so. */
  readonly by: string
  /** From 1 on, without gaps. */
  readonly number: number
  readonly at: string
  readonly heads: readonly ChainHead[]
  /** {@link merkleRoot} of the heads. */
  readonly root: Buffer
}

export interface Anchor extends AnchorParts {
  /** Under the chain key. */
  readonly hmac: Buffer
}

/** Where anchors go. */
export interface AnchorTarget {
  readonly name: string
  /** Resolves when the anchor is kept there. */
  put(anchor: Anchor): Promise<void>
}
