import type { ChainHead, ChainOpening } from './line.ts'

/** A chain that was opened and has no end yet. */
export interface OpenChain {
  readonly opening: ChainOpening
  /** When its writer last said that it lives. */
  readonly seenAt: Date
  /** Its last record, durable. */
  readonly head: ChainHead
}

/** Which chains there are, for the writers of one installation. */
export interface ChainRegistry {
  openChains(): Promise<readonly OpenChain[]>
  /** Says that the writer of a chain lives. */
  touch(chain: string): Promise<void>
}
