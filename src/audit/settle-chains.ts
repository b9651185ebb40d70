import type { DataKey } from '../crypto/data-key.ts'
import type { KeyLease } from '../crypto/key-lease.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { GatewayError } from '../errors.ts'
import { chainKeyTuple, closingHmac } from './chain-key.ts'
import type { OpenChain } from './chain-registry.ts'
import type { AuditLine } from './line.ts'

/** Milliseconds without a sign of life after which a writer is taken to have ended. */
export const lifeSignLimit = 120_000

/** Closings, by another hand, of chains whose writers ended without a word: from then on their ends are known, too. */
export async function settleChains(
  chains: readonly OpenChain[],
  ring: KeyRing,
): Promise<readonly AuditLine[]> {
  const ended = chains.filter(({ seenAt }) => Date.now() - seenAt.getTime() > lifeSignLimit)
  if (ended.length === 0) return []
  const lease = ring.openLease()
  try {
    await lease.collectForRead(ended.map(({ opening }) => ({ tuple: chainKeyTuple, keyId: opening.keyId })))
    return ended.flatMap(({ opening, head }): AuditLine[] => {
      const key = keyOf(lease, opening.keyId)
      if (key === undefined) return []
      const parts = { chain: head.chain, how: 'ended', at: new Date().toISOString(), head } as const
      return [{ kind: 'closing', ...parts, hmac: closingHmac(key, parts) }]
    })
  } finally {
    lease.release()
  }
}

/** An entry that somebody changed, or whose key cannot be had now, must not keep others from being settled. */
function keyOf(lease: KeyLease, keyId: string): DataKey | undefined {
  try {
    return lease.readKey(chainKeyTuple, keyId)
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}
