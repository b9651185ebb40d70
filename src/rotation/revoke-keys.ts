import type { KeyState, RowChange } from '../crypto/key-store.ts'
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
 * `INDEX` keys are left out: under a new one every stored term would have to be made anew first, or searches would silently
 * find less.
 *
 * Every process works by the new states after {@link stateBoundMs}.
 *
 * @returns how many keys were changed, and how many `INDEX` keys were left as they are
 */
export async function revokeKeys(
  { id, filter, to, reason, startedBy }: Revocation,
  { keyStore, provider, audit }: JobTools,
): Promise<{ readonly changed: number; readonly left: number }> {
  const counts = { changed: 0, left: 0 }
  await scanRows(keyStore, {
    pageSize: 1_000,
    work: async (rows) => {
      const chosen = rows.flatMap((row) => {
        const fitting = row.keys.filter(
          (key) => origins[to].includes(key.state) && fits(row, key, filter, provider),
        )
        counts.left += fitting.filter(({ purpose }) => purpose === 'INDEX').length
        const keys = fitting.filter(({ purpose }) => purpose !== 'INDEX')
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
  return counts
}
