import mongoose from 'mongoose'

import type { BackupPart } from '../../backup/manifest.ts'
import type { Config } from '../../config/load-config.ts'
import { durable } from '../../storage/mongo-key-store.ts'
import { isDatabaseError, translateError } from '../../storage/translate-error.ts'
import { openDatabase } from '../open-database.ts'

/** Opens the documents or the keys as they are stored, below everything that understands them. */
export async function withDatabase<Result>(
  config: Config,
  part: BackupPart,
  work: (database: mongoose.mongo.Db) => Promise<Result>,
  mayBegin = false,
): Promise<Result> {
  const { databaseName, keysDatabaseName } = config.gateway
  const server = await openDatabase(config, mayBegin)
  const client = new mongoose.mongo.MongoClient(server.uri, { serverSelectionTimeoutMS: 5_000 })
  try {
    await client.connect()
    return await work(client.db(part === 'keys' ? keysDatabaseName : databaseName, { writeConcern: durable }))
  } catch (error) {
    throw isDatabaseError(error) ? translateError(error) : error
  } finally {
    await client.close()
    await server.close()
  }
}
