import mongoose from 'mongoose'

import type { IntermediateKeyStore } from '../crypto/intermediate-key-store.ts'
import type { KeyStore } from '../crypto/key-store.ts'
import type { StorageOptions } from './connect-storage.ts'
import { createMongoIntermediateKeyStore } from './mongo-intermediate-key-store.ts'
import { createMongoKeyStore } from './mongo-key-store.ts'
import { isDatabaseError, translateError } from './translate-error.ts'

export interface ConnectedKeyStore {
  readonly keyStore: KeyStore
  readonly intermediateKeys: IntermediateKeyStore
  readonly close: () => Promise<void>
}

/**
 * The wrapped data keys alone, for what needs no documents.
 * @throws SERVICE_UNAVAILABLE when the database cannot be reached
 */
export async function connectKeyStore({
  uri,
  keysDatabase,
}: Pick<StorageOptions, 'uri' | 'keysDatabase'>): Promise<ConnectedKeyStore> {
  const connection = mongoose.createConnection()
  try {
    await connection.openUri(uri, { serverSelectionTimeoutMS: 5_000 })
    return {
      keyStore: createMongoKeyStore(connection, keysDatabase),
      intermediateKeys: createMongoIntermediateKeyStore(connection, keysDatabase),
      close: () => connection.close(),
    }
  } catch (error) {
    await connection.close().catch(() => undefined)
    throw isDatabaseError(error) ? translateError(error) : error
  }
}
