import mongoose from 'mongoose'

import type { AuditArchive } from '../audit/archive.ts'
import type { StorageOptions } from './connect-storage.ts'
import { createMongoAuditArchive } from './mongo-audit-archive.ts'
import { isDatabaseError, translateError } from './translate-error.ts'

export interface OpenArchive {
  readonly archive: AuditArchive
  readonly close: () => Promise<void>
}

/** The audit log of a database alone. @throws SERVICE_UNAVAILABLE when it cannot be reached */
export async function openAuditArchive({
  uri,
  database,
}: Pick<StorageOptions, 'uri' | 'database'>): Promise<OpenArchive> {
  const connection = mongoose.createConnection()
  try {
    await connection.openUri(uri, { dbName: database, serverSelectionTimeoutMS: 5_000 })
    return { archive: createMongoAuditArchive(connection), close: () => connection.close() }
  } catch (error) {
    await connection.close().catch(() => undefined)
    throw isDatabaseError(error) ? translateError(error) : error
  }
}
