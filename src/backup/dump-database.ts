import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import type mongoose from 'mongoose'

import { writeBsonFile } from './bson-file.ts'
import type { BackupFile } from './manifest.ts'

export interface BackupProgress {
  /** The collection. */
  readonly phase: string
  readonly at: number
  /** About. */
  readonly total: number
}

/**
 * Writes every collection of a database into a folder of its own, document by document as the server has them: neither
 * decrypted nor understood. The order and the names are those of `mongodump`.
 */
export async function dumpDatabase(
  database: mongoose.mongo.Db,
  folder: string,
  onProgress: (progress: BackupProgress) => void,
): Promise<readonly BackupFile[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files: BackupFile[] = []
  const collections = await database.listCollections({}, { nameOnly: true }).toArray()
  const names = collections.map(({ name }) => name).filter((name) => !name.startsWith('system.'))
  for (const collection of names.sort()) {
    const documents = database.collection(collection)
    const total = await documents.estimatedDocumentCount()
    let at = 0
    const cursor = documents.find({}, { raw: true, batchSize: 1_000 }).sort({ _id: 1 })
    const name = `${collection}.bson`
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
