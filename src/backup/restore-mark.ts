import { createHash } from 'node:crypto'

import type mongoose from 'mongoose'

import { GatewayError } from '../errors.ts'
import type { Manifest } from './manifest.ts'

interface Mark {
  readonly _id: 'unfinished'
  /** SHA-256 of the manifest, in hex. */
  readonly manifest: string
}

/** Where the mark is. It is about the database that it lies in, and so is no part of a backup. */
export const marksCollection = 'sealgateRestore'

const marksOf = (database: mongoose.mongo.Db): mongoose.mongo.Collection<Mark> =>
  database.collection<Mark>(marksCollection)

/**
 * Marks a database as one that is being restored.
 * @returns whether it was so already, by this backup
 * @throws as {@link assertRestorable}
 */
export async function markRestore(database: mongoose.mongo.Db, manifest: Manifest): Promise<boolean> {
  const resumed = await assertRestorable(database, manifest)
  if (!resumed) await marksOf(database).insertOne({ _id: 'unfinished', manifest: hashOf(manifest) })
  return resumed
}

/**
 * Looks, and writes nothing.
 * @returns whether the database is being restored from this backup already
 * @throws CONFIGURATION_INVALID when there is anything in it, or it is being restored from another backup
 */
export async function assertRestorable(database: mongoose.mongo.Db, manifest: Manifest): Promise<boolean> {
  const mark = await marksOf(database).findOne({ _id: 'unfinished' })
  if (mark !== null) {
    if (mark.manifest === hashOf(manifest)) return true
    throw refused(
      `The database ${database.databaseName} is half restored from another backup: drop it first.`,
    )
  }
  for (const { name } of await database.listCollections({}, { nameOnly: true }).toArray()) {
    if (
      name.startsWith('system.') ||
      (await database.collection(name).findOne({}, { projection: { _id: 1 } })) === null
    )
      continue
    throw refused(
      `The database ${database.databaseName} is not empty (${name}).\nRestore into another one, which SEALGATE_DATABASE_NAME or SEALGATE_KEYS_DATABASE_NAME names, or another data folder.`,
    )
  }
  return false
}

export async function unmarkRestore(database: mongoose.mongo.Db): Promise<void> {
  await marksOf(database).deleteMany({})
}

/** @throws CONFIGURATION_INVALID when a restore has not come to its end */
export async function assertRestored(database: mongoose.mongo.Db): Promise<void> {
  if ((await marksOf(database).findOne({ _id: 'unfinished' })) === null) return
  throw refused(
    `The database ${database.databaseName} is half restored: run sealgate restore again, with the same backup.`,
  )
}

function hashOf(manifest: Manifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex')
}

function refused(message: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message })
}
