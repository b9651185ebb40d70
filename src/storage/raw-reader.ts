import mongoose from 'mongoose'

import { stored } from '../directives/policies.ts'
import { isDatabaseError, translateError } from './translate-error.ts'

/** Documents as the database holds them: nothing is decrypted, written or indexed. */
export interface RawReader {
  readonly find: (collection: string, tenant: string, id: string) => Promise<Record<string, unknown> | null>
  readonly close: () => Promise<void>
}

/** @throws SERVICE_UNAVAILABLE when the database cannot be reached */
export async function openRawReader(options: { uri: string; database: string }): Promise<RawReader> {
  const client = new mongoose.mongo.MongoClient(options.uri, { serverSelectionTimeoutMS: 5_000 })
  try {
    await client.connect()
  } catch (error) {
    await client.close()
    throw isDatabaseError(error) ? translateError(error) : error
  }
  return {
    find: async (collection, tenant, id) => {
      const filter = { [stored.id]: { $eq: id as never }, [stored.tenant]: { $eq: tenant } }
      try {
        return await client.db(options.database).collection(collection).findOne(filter)
      } catch (error) {
        throw isDatabaseError(error) ? translateError(error) : error
      }
    },
    close: () => client.close(),
  }
}
