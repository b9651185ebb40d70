import type { AuditEntry } from '../audit/event.ts'
import { gatewaySource, keyEntry } from '../audit/key-entry.ts'
import type { KeyRow, KeyStore, StoredKey } from '../crypto/key-store.ts'

/**
 * A key store that tells of every data key that it has stored. The write for which a key is made comes later in the same
 * log, and waits for all that is before it: creation itself need not wait.
 */
export function auditKeyStore(store: KeyStore, record: (entry: AuditEntry) => void): KeyStore {
  const recordNew = (offered: KeyRow, storedRow: KeyRow | undefined): void => {
    const ids = new Set(storedRow?.keys.map(({ keyId }) => keyId.toString('hex')))
    const created = offered.keys.filter(({ keyId }) => ids.has(keyId.toString('hex')))
    if (created.length > 0) record(creationOf(offered, created))
  }
  return {
    ...store,
    insertMissing: async (rows) => {
      const stored = await store.insertMissing(rows)
      rows.forEach((row, index) => {
        recordNew(row, stored[index])
      })
      return stored
    },
    addKeys: async (rowId, keys) => {
      const row = await store.addKeys(rowId, keys)
      recordNew({ ...row, keys }, row)
      return row
    },
  }
}

function creationOf({ holder }: KeyRow, keys: readonly StoredKey[]): AuditEntry {
  return keyEntry(
    gatewaySource(holder.tenant),
    'created',
    keys.map((key) => ({ kek: key, keys: [{ id: key.keyId.toString('hex'), subject: holder.scopeId }] })),
  )
}
