import { dayMs } from '../../crypto/kek-age.ts'
import type { KeyRow, StoredKey } from '../../crypto/key-store.ts'
import { fits, stateOf } from '../../rotation/key-filter.ts'
import { scanRows } from '../../rotation/scan-rows.ts'
import type { KeyFilterOptions } from '../keys.ts'
import { printable } from '../printable.ts'
import { renderTable } from '../table.ts'
import { readKeyFilter } from './read-key-filter.ts'
import { withKeys } from './open-keys.ts'

export interface ListOptions extends KeyFilterOptions {
  readonly limit: number
}

interface ListedKey {
  readonly keyId: string
  readonly keyType: string
  readonly purpose: string
  readonly generation: number
  readonly state: string
  readonly createdAt: Date
  readonly kekVersion: number | null
  readonly tenant: string
  readonly scope: string
  readonly holder: string
}

export function list(options: ListOptions): Promise<void> {
  const filter = readKeyFilter(options)
  return withKeys(options, async ({ tools: { keyStore, provider } }) => {
    const keys: ListedKey[] = []
    let found = 0
    await scanRows(keyStore, {
      pageSize: 1_000,
      work: (rows) => Promise.resolve(rows),
      done: (rows) => {
        for (const row of rows) {
          for (const key of row.keys) {
            if (!fits(row, key, filter, provider)) continue
            found += 1
            if (keys.length < options.limit) keys.push(describe(row, key, provider.versionOf(key.wrapped)))
          }
        }
        return Promise.resolve()
      },
    })
    process.stdout.write(
      options.json === true ? `${JSON.stringify({ found, keys })}\n` : `\n${print(keys, found)}\n\n`,
    )
  })
}

function describe(row: KeyRow, key: StoredKey, version: number | undefined): ListedKey {
  const { keyType, purpose, generation, createdAt } = key
  const state = stateOf(row, key)
  const { tenant, scope, scopeId } = row.holder
  const kekVersion = version ?? null
  const keyId = key.keyId.toString('hex')
  return { keyId, keyType, purpose, generation, state, createdAt, kekVersion, tenant, scope, holder: scopeId }
}

function print(keys: readonly ListedKey[], found: number): string {
  const rows = keys.map((key) => [
    key.keyId.slice(0, 12),
    `${key.keyType} ${key.purpose}`,
    String(key.generation),
    key.state,
    `${Math.floor((Date.now() - key.createdAt.getTime()) / dayMs)} d`,
    String(key.kekVersion ?? 'none'),
    `${key.scope.toLowerCase()} ${printable(key.holder)} of ${printable(key.tenant)}`,
  ])
  const table = renderTable(['key id', 'key', 'generation', 'state', 'age', 'under', 'holder'], rows)
  const rest = found > keys.length ? ` Shown are ${keys.length}; --limit shows more.` : ''
  return `${table}\n\n  ${found} data keys.${rest}`
}
