import type { Anchor } from '../anchor.ts'

/** What anchors say of one chain: HMACs in hex by sequence. */
export type ChainClaims = ReadonlyMap<number, ReadonlySet<string>>

/** Takes the words of anchors apart, by chain. */
export function claimsOf(anchors: readonly Anchor[]): ReadonlyMap<string, ChainClaims> {
  const claims = new Map<string, Map<number, Set<string>>>()
  for (const { heads } of anchors) {
    for (const { chain, sequence, hmac } of heads) {
      const ofChain = claims.get(chain) ?? new Map<number, Set<string>>()
      claims.set(chain, ofChain)
      const ofPlace = ofChain.get(sequence) ?? new Set<string>()
      ofChain.set(sequence, ofPlace.add(hmac.toString('hex')))
    }
  }
  return claims
}
