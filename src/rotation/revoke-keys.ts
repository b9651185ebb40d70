import type { KeyRow, KeyState, RowChange, StoredKey } from '../crypto/key-store.ts'
import { type KeyFilter, fits } from './key-filter.ts'
import type { JobTools } from './job-handler.ts'
import { recordKeyEvent } from './key-event.ts'
import { scanRows } from './scan-rows.ts'

export interface Revocation {
  readonly id: string
  readonly filter: KeyFilter
  readonly to: 'compromised' | 'disabled' | 'enabled'
  /** For the audit log. */
  readonly reason: string
  readonly startedBy: string
}

/** From which states a key may come to another. None of them leads out of `closing` or `destroyed`. */
const origins: Readonly<Record<Revocation['to'], readonly KeyState[]>> = {
  compromised: ['enabled', 'disabled'],
  disabled: ['enabled', 'compromised'],
  enabled: ['disabled'],
}

/**
 * Changes the state of data keys. Idempotent, and each row is changed as a whole or stays as another process left it.
 * The `INDEX` key of a searchable path serves on until the job `reindex` has replaced it, unless it is disabled; other `INDEX`
 * keys, under which are peppers, pseudonyms and names, have no successor and are left out.
 *
 * Every process works by the new states after {@link stateBoundMs}.
 *
 * @returns how many keys were changed, how many `INDEX` keys were left as they are, and the key types for which terms are to be
 * made anew
 */
export async function revokeKeys(
  { id, filter, to, reason, startedBy }: Revocation,
  tools: JobTools,
): Promise<{ readonly changed: number; readonly left: number; readonly reindex: readonly string[] }> {
  const { keyStore, provider, audit } = tools
  const counts = { changed: 0, left: 0 }
  const searchable = new Set(
    tools.collections.flatMap(({ searchable: paths }) =>
      paths.map(({ scopeId, keyType }) => `${keyType} ${scopeId}`),
    ),
  )
  const mayChange = ({ holder }: KeyRow, { keyType, purpose, state }: StoredKey): boolean =>
    purpose !== 'INDEX' || (state !== 'indexing' && searchable.has(`${keyType} ${holder.scopeId}`))
  const reindex = new Set<string>()
  await scanRows(keyStore, {
    pageSize: 1_000,
    work: async (rows) => {
      const chosen = rows.flatMap((row) => {
        const fitting = row.keys.filter(
          (key) =>
            (origins[to].includes(key.state) || key.state === 'indexing') && fits(row, key, filter, provider),
        )
        const keys = fitting.filter((key) => mayChange(row, key))
        counts.left += fitting.length - keys.length
        for (const key of row.keys) {
          // Also what an earlier call has changed, which may have been killed before it came to the job.
          const isRevoked = keys.includes(key) || (key.state === to && fits(row, key, filter, provider))
          if (key.purpose === 'INDEX' && isRevoked && mayChange(row, key)) reindex.add(key.keyType)
        }
        return keys.length === 0 ? [] : [{ row, keys }]
      })
      const keks = new Map(
        chosen.flatMap(({ keys }) => keys).map((key) => [`${key.keyType}/${key.purpose}`, key]),
      )
      for (const kek of keks.values()) {
        const documents = chosen.flatMap(({ row, keys }) =>
          keys
            .filter((key) => key.keyType === kek.keyType && key.purpose === kek.purpose)
            .map((key) => ({ id: key.keyId.toString('hex'), subject: row.holder.scopeId })),
        )
        // Before the change: what was revoked without a word in the log would be worse than the reverse.
        await recordKeyEvent(audit, { id: `${id} ${to}: ${reason}`, startedBy }, 'revoked', [kek], documents)
      }
      const changes = chosen.map(({ row, keys }): RowChange => ({
        rowId: row.id,
        keys: keys.map((key) => ({
          slot: key,
          from: { wrapped: key.wrapped, state: key.state },
          to: { wrapped: key.wrapped, state: to },
        })),
      }))
      const rowsChanged = await keyStore.changeKeys(changes)
      if (rowsChanged === changes.length)
        counts.changed += chosen.reduce((sum, { keys }) => sum + keys.length, 0)
      else counts.changed += rowsChanged
    },
    done: () => Promise.resolve(),
  })
  // Also when nothing was changed: an earlier call may have been killed before it came to this.
  await keyStore.advanceEpoch()
  return { ...counts, reindex: to === 'enabled' ? [] : [...reindex].sort() }
}
