import type { KeyScope } from '../crypto/key-tuple.ts'
import type { RowOwner } from './path-cipher.ts'

/** What a scope names inside the tenant, for the keys of one row. */
export function scopeId(scope: KeyScope, row: RowOwner, collection: string): string {
  if (scope === 'SUBJECT') return row.subject
  if (scope === 'DOCUMENT') return `${collection}/${row.id}`
  return scope === 'MODEL' ? collection : ''
}
