import { join } from 'node:path'

import type mongoose from 'mongoose'

import { writeBsonFile } from './bson-file.ts'
import { assertRestored, marksCollection } from './restore-mark.ts'
import { type BackupFile, fileNameOf } from './manifest.ts'

export interface BackupProgress {
  /** The collection. */
  readonly phase: string
  readonly at: number
  /** About. */
  readonly total: number
}

/**
 * Writes every collection of a database into a folder, document by document as the server has them: neither decrypted nor
 * understood. The order and the names are those of `mongodump`. What a view shows is in the collection under it.
 *
 * @throws CONFIGURATION_INVALID when the database is half restored
 */
export async function dumpDatabase(
  database: mongoose.mongo.Db,
  folder: string,
  onProgress: (progress: BackupProgress) => void,
): Promise<readonly BackupFile[]> {
  await assertRestored(database)
  const files: BackupFile[] = []
  const collections = await database.listCollections({}, { nameOnly: true }).toArray()
  const names = collections
    .filter(({ name, type }) => type !== 'view' && !name.startsWith('system.') && name !== marksCollection)
    .map(({ name }) => name)
  for (const collection of names.sort()) {
    const documents = database.collection(collection)
    const total = await documents.estimatedDocumentCount()
    let at = 0
    const cursor = documents.find({}, { raw: true, batchSize: 1_000 }).sort({ _id: 1 })
    const name = fileNameOf(collection)
    const content = await writeBsonFile(
      join(folder, name),
      cursor as unknown as AsyncIterable<Uint8Array>,
      () => {
        at += 1
        if (at % 500 === 0) onProgress({ phase: collection, at, total })
      },
    )
    files.push({ name, collection, ...content })
  }
  return files
}
