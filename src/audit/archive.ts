import type { Anchor } from './anchor.ts'
import type { AuditRecord, ChainClosing, ChainOpening } from './line.ts'

/** A record as it was found; nothing of it is proved. */
export interface FoundRecord extends AuditRecord {
  /** Where it stands, such as a line of a file. */
  readonly place: string
  /** Whether it stands behind a later one, where places say nothing else. */
  readonly misplaced?: boolean
}

export interface FoundChain {
  readonly chain: string
  /** Absent when there are records without a beginning. */
  readonly opening: ChainOpening | undefined
  readonly closing: ChainClosing | undefined
  /** When its writer last said that it lives; undefined where nobody keeps that. */
  readonly seenAt: Date | undefined
}

/** A stored log as others may have left it, to be verified and read. */
export interface AuditArchive {
  /** Read before the chains, so that a log that is being written is never behind its anchors. */
  anchors(): Promise<readonly Anchor[]>
  chains(): Promise<readonly FoundChain[]>
  /** In ascending order of their sequence. A record that has none, or another chain's, has the sequence -1. */
  records(chain: string): AsyncIterable<FoundRecord>
}
