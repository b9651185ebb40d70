import type { DataKey } from '../../crypto/data-key.ts'
import type { KeyLease } from '../../crypto/key-lease.ts'
import type { KeyRing } from '../../crypto/key-ring.ts'
import { GatewayError } from '../../errors.ts'
import type { Anchor } from '../anchor.ts'
import type { AuditArchive, FoundChain } from '../archive.ts'
import { anchorHmac, chainKeyTuple } from '../chain-key.ts'
import { merkleRoot } from '../merkle-root.ts'
import { lifeSignLimit } from '../settle-chains.ts'
import { type ChainClaims, claimsOf } from './anchor-claims.ts'
import { ChainCheck } from './chain-check.ts'
import type { Finding } from './finding.ts'

/**
 * `closed`: by its writer. `ended`: its writer ended without a word, and others have written down where. `open`: it is being
 * written. `not closed`: its writer ended without warning, or nobody knows.
 */
export type ChainState = 'closed' | 'ended' | 'open' | 'not closed'

export interface ChainReport {
  readonly chain: string
  readonly state: ChainState
  readonly openedAt: string | undefined
  readonly records: number
  readonly findings: readonly Finding[]
}

export interface AuditReport {
  readonly chains: readonly ChainReport[]
  readonly anchors: number
  /** Those of the chains, and what belongs to no chain that is there. */
  readonly findings: readonly Finding[]
}

/**
 * Checks every chain against its key, the registry and all anchors.
 * @param anchors - kept elsewhere, beside those of the archive; read before it, if it is being written
 * @throws KEY_UNAVAILABLE when the key service cannot be asked
 */
export async function verifyArchive(
  archive: AuditArchive,
  ring: KeyRing,
  anchors: readonly Anchor[] = [],
): Promise<AuditReport> {
  const all = [...anchors, ...(await archive.anchors())]
  const chains = await archive.chains()
  const lease = ring.openLease()
  try {
    const requests = chains.flatMap(({ opening }) =>
      opening === undefined ? [] : [{ tuple: chainKeyTuple, keyId: opening.keyId }],
    )
    await lease.collectForRead(requests)
    const keys = new Map(chains.map((found) => [found.chain, keyOf(found, lease)]))
    const { sound, findings } = checkAnchors(all, keys)
    const claims = claimsOf(sound)
    const reports: ChainReport[] = []
    for (const found of chains) {
      reports.push(
        await checkChain(archive, found, keys.get(found.chain), claims.get(found.chain) ?? new Map()),
      )
    }
    const known = new Set(chains.map(({ chain }) => chain))
    const named = new Set([...claims.keys(), ...sound.map(({ by }) => by)])
    const missing = [...named].filter((chain) => !known.has(chain))
    const others = missing.map((chain): Finding => ({ kind: 'missing chain', chain }))
    return {
      chains: reports,
      anchors: all.length,
      findings: [...others, ...findings, ...reports.flatMap((report) => report.findings)],
    }
  } finally {
    lease.release()
  }
}

function keyOf({ opening }: FoundChain, lease: KeyLease): DataKey | undefined {
  if (opening === undefined) return undefined
  try {
    return lease.readKey(chainKeyTuple, opening.keyId)
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'KEY_UNAVAILABLE') throw error
    return undefined
  }
}

async function checkChain(
  archive: AuditArchive,
  { chain, opening, closing, seenAt }: FoundChain,
  key: DataKey | undefined,
  claims: ChainClaims,
): Promise<ChainReport> {
  const check =
    opening === undefined || key === undefined ? undefined : new ChainCheck({ key, opening, closing, claims })
  let records = 0
  for await (const record of archive.records(chain)) {
    records += 1
    check?.push(record)
  }
  const kind = opening === undefined ? 'missing opening' : 'missing key'
  const alive = seenAt !== undefined && Date.now() - seenAt.getTime() < lifeSignLimit
  return {
    chain,
    state: closing?.how ?? (alive ? 'open' : 'not closed'),
    openedAt: opening?.at,
    records,
    findings: check?.finish() ?? [{ kind, chain }],
  }
}

/** An anchor whose chain is gone has nothing but its root to be checked by; that it is there says enough. */
function checkAnchors(
  anchors: readonly Anchor[],
  keys: ReadonlyMap<string, DataKey | undefined>,
): { readonly sound: readonly Anchor[]; readonly findings: readonly Finding[] } {
  const sound: Anchor[] = []
  const findings: Finding[] = []
  for (const anchor of anchors) {
    const key = keys.get(anchor.by)
    const whole = merkleRoot(anchor.heads).equals(anchor.root)
    if (whole && (key === undefined || anchorHmac(key, anchor).equals(anchor.hmac))) sound.push(anchor)
    else findings.push({ kind: 'edited anchor', chain: anchor.by, detail: `anchor ${anchor.number}` })
  }
  return { sound, findings }
}
