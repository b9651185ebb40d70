import mongoose, { type Connection } from 'mongoose'

import { assertRestored } from '../backup/restore-mark.ts'
import type { IntermediateKeyStore } from '../crypto/intermediate-key-store.ts'
import type { KeyStore } from '../crypto/key-store.ts'
import type { Policies } from '../directives/policies.ts'
import { protectedPaths } from '../directives/protected-paths.ts'
import { GatewayError } from '../errors.ts'
import type { ErasureLedger } from '../rotation/erasure/erasure-ledger.ts'
import type { JobStore } from '../rotation/job.ts'
import { type Attempts, createAttempts } from './attempts.ts'
import { createModels } from './create-models.ts'
import { DocumentScan } from './document-scan.ts'
import { createMongoAudit, type MongoAudit } from './mongo-audit-sink.ts'
import { createMongoErasureLedger } from './mongo-erasure-ledger.ts'
import { createMongoIntermediateKeyStore } from './mongo-intermediate-key-store.ts'
import { createMongoJobStore } from './mongo-job-store.ts'
import { createMongoKeyStore } from './mongo-key-store.ts'
import { Repository } from './repository.ts'
import { SubjectDocuments } from './subject-documents.ts'
import { isDatabaseError, translateError } from './translate-error.ts'
import { watchHeartbeats } from './watch-heartbeats.ts'
import { guardWrites } from './write-guard.ts'

/**
 * A server that is gone fails a request after 5 seconds, and one that takes connections and says nothing, which the heartbeat
 * finds out, after 15 at most.
 */
const answersInTime = {
  serverSelectionTimeoutMS: 5_000,
  connectTimeoutMS: 5_000,
  heartbeatFrequencyMS: 5_000,
}

export interface StorageOptions {
  readonly uri: string
  /** Database of the documents. */
  readonly database: string
  /** Database of the wrapped data keys: another one, so that it can have backups of its own. */
  readonly keysDatabase: string
}

export interface Storage {
  readonly repositories: ReadonlyMap<string, Repository>
  /** By model, for jobs. */
  readonly documentScans: ReadonlyMap<string, DocumentScan>
  /** By model, for erasures. */
  readonly subjectDocuments: ReadonlyMap<string, SubjectDocuments>
  readonly keyStore: KeyStore
  readonly intermediateKeys: IntermediateKeyStore
  readonly jobStore: JobStore
  readonly erasures: ErasureLedger
  readonly attempts: Attempts
  readonly audit: MongoAudit
  /** Whether a model has any document. */
  readonly isEmpty: (model: string) => Promise<boolean>
  /** Resolves when the database answers; rejects with SERVICE_UNAVAILABLE. */
  readonly check: () => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Connects, makes models and indexes, and puts the write guard in place before anything can be written.
 * @throws SERVICE_UNAVAILABLE when the database cannot be reached; CONFIGURATION_INVALID when the two databases are one, or one is half restored
 */
export async function connectStorage(policies: Policies, options: StorageOptions): Promise<Storage> {
  if (options.keysDatabase === options.database) {
    throw new GatewayError('CONFIGURATION_INVALID', {
      message:
        'The wrapped data keys need another database than the documents: they have backups of their own.',
    })
  }
  const connection = mongoose.createConnection()
  let stopWatching: (() => void) | undefined
  try {
    await connection.openUri(options.uri, {
      dbName: options.database,
      monitorCommands: true,
      ...answersInTime,
      autoIndex: false,
      autoCreate: false,
    })
    stopWatching = watchHeartbeats(connection.getClient())
    for (const name of [options.database, options.keysDatabase])
      await assertRestored(connection.getClient().db(name))
    const guarded = [...policies.models.values()].map(
      (model) => [model.collection, protectedPaths(model, policies)] as const,
    )
    guardWrites(connection, { name: options.database, paths: new Map(guarded) })
    const models = createModels(connection, policies)
    for (const model of models.values()) await model.createIndexes()
    const named = (name: string) => {
      const model = models.get(name)
      if (model === undefined) throw new TypeError(`no model ${name}`)
      return model
    }
    return {
      repositories: new Map([...models].map(([name, model]) => [name, new Repository(model)])),
      documentScans: new Map([...models].map(([name, model]) => [name, new DocumentScan(model)])),
      subjectDocuments: new Map([...models].map(([name, model]) => [name, new SubjectDocuments(model)])),
      keyStore: createMongoKeyStore(connection, options.keysDatabase),
      intermediateKeys: createMongoIntermediateKeyStore(connection, options.keysDatabase),
      jobStore: createMongoJobStore(connection, options.keysDatabase),
      erasures: createMongoErasureLedger(connection, options.keysDatabase),
      attempts: createAttempts(connection),
      audit: createMongoAudit(connection),
      isEmpty: async (name) => (await named(name).findOne({}, { _id: 1 }).lean().exec()) === null,
      check: () => ping(connection),
      close: async () => {
        stopWatching?.()
        await connection.close()
      },
    }
  } catch (error) {
    stopWatching?.()
    await connection.close().catch(() => undefined)
    throw isDatabaseError(error) ? translateError(error) : error
  }
}

async function ping(connection: Connection): Promise<void> {
  try {
    await connection.getClient().db().command({ ping: 1 })
  } catch (error) {
    throw translateError(error)
  }
}
