import type { DataKey } from '../../crypto/data-key.ts'
import type { FoundRecord } from '../archive.ts'
import { closingHmac, openingHmac, recordHmac } from '../chain-key.ts'
import type { ChainClosing, ChainOpening } from '../line.ts'
import { readRecord } from '../record-text.ts'
import type { ChainClaims } from './anchor-claims.ts'
import type { Finding, FindingKind } from './finding.ts'

export interface ChainCheckOptions {
  readonly key: DataKey
  readonly opening: ChainOpening
  readonly closing: ChainClosing | undefined
  readonly claims: ChainClaims
}

/**
 * Follows one chain from its beginning, record by record. Behind a record that is wrong it goes on with every HMAC that
 * could have been meant, so that what is right behind it is not called wrong, and further changes are found.
 */
export class ChainCheck {
  readonly #options: ChainCheckOptions
  readonly #closing: ChainClosing | undefined
  readonly #findings: Finding[] = []
  /** HMACs of records that stand elsewhere, by the sequence that they were made for. */
  readonly #displaced = new Map<number, Buffer>()
  readonly #unproven: FoundRecord[] = []
  /** What the next record may have been chained to. One, as long as everything is right. */
  #previous: Buffer[]
  #expected = 1

  constructor(options: ChainCheckOptions) {
    const { key, opening, closing } = options
    this.#options = options
    if (!openingHmac(key, opening).equals(opening.hmac)) this.#find('edited opening')
    const authentic = closing !== undefined && closingHmac(key, closing).equals(closing.hmac)
    if (closing !== undefined && !authentic) this.#find('edited closing')
    this.#closing = authentic ? closing : undefined
    this.#previous = distinct([openingHmac(key, opening), opening.hmac])
    this.#compare(0, opening.hmac)
  }

  /** To be called in ascending order of sequences. */
  push(record: FoundRecord): void {
    const { sequence, text, hmac, place } = record
    if (record.misplaced === true) this.#find('reordered', { from: sequence, to: sequence, detail: place })
    if (sequence < this.#expected) {
      this.#find('inserted', { detail: place })
      return
    }
    const { key } = this.#options
    if (sequence > this.#expected) {
      this.#find('deleted', { from: this.#expected, to: sequence - 1 })
      this.#expected = sequence
      this.#previous = []
    }
    this.#expected += 1
    if (this.#previous.some((previous) => recordHmac(key, previous, { sequence, text }).equals(hmac))) {
      this.#previous = [hmac]
      this.#compare(sequence, hmac)
      return
    }
    this.#judge(record)
    const computed = this.#previous.map((previous) => recordHmac(key, previous, { sequence, text }))
    const displaced = this.#displaced.get(sequence)
    const meant = displaced === undefined ? [] : [displaced]
    this.#previous = distinct([...meant, hmac, ...this.#previous, ...computed]).slice(0, 8)
  }

  /** @returns everything that is wrong; nothing is to be pushed afterwards */
  finish(): readonly Finding[] {
    for (const { sequence, text, hmac } of this.#unproven) {
      const previous = this.#displaced.get(sequence - 1)
      if (previous !== undefined && recordHmac(this.#options.key, previous, { sequence, text }).equals(hmac))
        continue
      this.#find('unproven', { from: sequence, to: sequence })
    }
    const last = this.#expected - 1
    const claimed = Math.max(this.#closing?.head.sequence ?? 0, ...this.#options.claims.keys())
    if (claimed > last) this.#find('truncated', { from: last + 1, to: claimed })
    return joinRanges(this.#findings)
  }

  /** Why a record does not fit where it stands. */
  #judge(record: FoundRecord): void {
    const { sequence, text, hmac, place } = record
    const where = { from: sequence, to: sequence, detail: place }
    const content = readRecord(text)
    const own = this.#options.opening.chain
    if (content !== undefined && (content.chain !== own || content.sequence !== sequence)) {
      if (content.chain === own) this.#displaced.set(content.sequence, hmac)
      this.#find('reordered', where)
    } else if (sequence > (this.#closing?.head.sequence ?? Infinity)) this.#find('inserted', where)
    else if (this.#previous.length === 1) this.#find('edited', where)
    else this.#unproven.push(record)
  }

  /** What is proved by the chain must be what was anchored, and what the writer called its end. */
  #compare(sequence: number, hmac: Buffer): void {
    const { claims } = this.#options
    const hex = hmac.toString('hex')
    const claimed = claims.get(sequence)
    const end = this.#closing?.head
    const endsOtherwise = end?.sequence === sequence && !end.hmac.equals(hmac)
    const otherwise = claimed !== undefined && (claimed.size > 1 || !claimed.has(hex))
    if (otherwise || endsOtherwise) this.#find('rewritten', { from: sequence, to: sequence })
    if (this.#closing?.how === 'closed' && end !== undefined && sequence > end.sequence)
      this.#find('inserted', { from: sequence, to: sequence })
  }

  #find(kind: FindingKind, where: Omit<Finding, 'kind' | 'chain'> = {}): void {
    this.#findings.push({ kind, chain: this.#options.opening.chain, ...where })
  }
}

function distinct(hmacs: readonly Buffer[]): Buffer[] {
  return hmacs.filter((hmac, at) => hmacs.findIndex((other) => other.equals(hmac)) === at)
}

/** Neighbours of one kind become one finding. */
function joinRanges(findings: readonly Finding[]): readonly Finding[] {
  const joined: Finding[] = []
  for (const finding of findings) {
    const last = joined.at(-1)
    const { from, to } = finding
    if (last?.kind === finding.kind && last.to !== undefined && to !== undefined && from === last.to + 1)
      joined[joined.length - 1] = { ...last, to }
    else joined.push(finding)
  }
  return joined
}
