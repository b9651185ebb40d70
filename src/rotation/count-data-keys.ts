import { dayMs } from '../crypto/kek-age.ts'
import type { Kek } from '../crypto/key-provider.ts'
import type { KeyState } from '../crypto/key-store.ts'
import type { JobTools } from './job-handler.ts'
import { kekName } from './kek-name.ts'
import { scanRows } from './scan-rows.ts'

/** How many data keys of one KEK are in one state. */
export interface DataKeyCount extends Kek {
  readonly state: KeyState
  readonly count: number
  /** Of these: past the maximum age that the policy of their type sets. Destroyed keys are past nothing. */
  readonly expired: number
  /** When the oldest of them was made. */
  readonly oldest: Date
  /** How many each version of the KEK wraps. Destroyed keys are under none. */
  readonly kekVersions: Readonly<Record<string, number>>
}

type Tally = { -readonly [Name in keyof DataKeyCount]: DataKeyCount[Name] } & {
  kekVersions: Record<string, number>
}

/** Looks at every key row, page by page. The state of a row that is closing or erased is that of all its keys. */
export async function countDataKeys({
  keyStore,
  provider,
  policies,
  now = Date.now,
}: Pick<JobTools, 'keyStore' | 'provider' | 'policies' | 'now'>): Promise<readonly DataKeyCount[]> {
  const tallies = new Map<string, Tally>()
  await scanRows(keyStore, {
    pageSize: 1_000,
    work: (rows) => Promise.resolve(rows),
    done: (rows) => {
      for (const { keys, closing, erased } of rows) {
        for (const { keyType, purpose, wrapped, createdAt, ...key } of keys) {
          const state = erased === true ? 'destroyed' : closing === true ? 'closing' : key.state
          const name = `${kekName({ keyType, purpose })} ${state}`
          const tally = tallies.get(name) ?? newTally({ keyType, purpose }, state, createdAt)
          tallies.set(name, tally)
          tally.count += 1
          if (createdAt < tally.oldest) tally.oldest = createdAt
          if (state === 'destroyed' || wrapped.length === 0) continue
          if (now() - createdAt.getTime() >= policies.of(keyType).maxAgeDays * dayMs) tally.expired += 1
          const version = String(provider.versionOf(wrapped) ?? 'unknown')
          tally.kekVersions[version] = (tally.kekVersions[version] ?? 0) + 1
        }
      }
      return Promise.resolve()
    },
  })
  return [...tallies.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, tally]) => tally)
}

function newTally(kek: Kek, state: KeyState, oldest: Date): Tally {
  return { ...kek, state, count: 0, expired: 0, oldest, kekVersions: {} }
}
