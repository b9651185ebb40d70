import { GatewayError } from '../errors.ts'
import { judgeKekAge, type KekAge } from './kek-age.ts'
import type { Kek, KeyProvider } from './key-provider.ts'
import type { KeyPolicies } from './key-policy.ts'

export interface ExpiredKekOptions {
  readonly policies: KeyPolicies
  /** Called when a KEK is found older than its maximum age, at most once an hour for each. */
  readonly onExpired: (kek: Kek, age: KekAge) => void
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
}

/** How long an answer about a KEK's age holds: for one that wraps, and for one that does not, which may be rotated any time. */
const holdMs = { open: 3_600_000, blocked: 1_000 } as const

/**
 * The provider, refusing to wrap new data keys under a KEK whose newest version is past its maximum age and the days of
 * grace behind it. What is wrapped already unwraps and rewraps as before.
 */
export function blockExpiredKeks(
  provider: KeyProvider,
  { policies, onExpired, now = Date.now }: ExpiredKekOptions,
): KeyProvider {
  const judged = new Map<string, { readonly age: KekAge; readonly until: number }>()
  const ageOf = async (kek: Kek): Promise<KekAge> => {
    const name = `${kek.keyType}/${kek.purpose}`
    const known = judged.get(name)
    if (known !== undefined && now() < known.until) return known.age
    const age = judgeKekAge(await provider.status(kek), policies.of(kek.keyType), now())
    if (age === 'EXPIRED' || (age === 'BLOCKED' && known?.age !== 'BLOCKED')) onExpired(kek, age)
    judged.set(name, { age, until: now() + holdMs[age === 'BLOCKED' ? 'blocked' : 'open'] })
    return age
  }
  return {
    name: provider.name,
    capabilities: provider.capabilities,
    prepare: (keks) => provider.prepare(keks),
    wrap: async (kek, items) => {
      if ((await ageOf(kek)) === 'BLOCKED') {
        const message = `The key ${kek.keyType} ${kek.purpose} is past its maximum age: rotate it.`
        throw new GatewayError('KEY_UNAVAILABLE', { message })
      }
      return provider.wrap(kek, items)
    },
    unwrap: (kek, items) => provider.unwrap(kek, items),
    rotate: (kek) => provider.rotate(kek),
    rewrap: (kek, items) => provider.rewrap(kek, items),
    status: (kek) => provider.status(kek),
    versionOf: (wrapped) => provider.versionOf(wrapped),
    trim: (kek, oldest) => provider.trim(kek, oldest),
    check: () => provider.check(),
    close: () => provider.close(),
  }
}
