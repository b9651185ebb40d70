import { join } from 'node:path'

import mongoose from 'mongoose'

import { GatewayError } from '../errors.ts'
import { readBsonFile } from './bson-file.ts'
import type { BackupProgress } from './dump-database.ts'
import type { Manifest } from './manifest.ts'
import { markRestore, unmarkRestore } from './restore-mark.ts'

const { BSON } = mongoose.mongo

/** Documents and bytes that go to the server at once. */
const batch = { documents: 1_000, bytes: 8 * 1024 * 1024 }

/** Every type as it is stored: nothing becomes a number, a buffer or an expression of JavaScript. */
const asStored = {
  promoteValues: false,
  promoteBuffers: false,
  promoteLongs: false,
  bsonRegExp: true,
} as const

/**
 * Writes a backup that was verified into a database without any document. When it was interrupted it may be called again;
 * until it has come to its end no gateway starts on that database.
 *
 * @throws CONFIGURATION_INVALID when there is anything in it already, which stays as it is
 */
export async function restoreDatabase(
  database: mongoose.mongo.Db,
  folder: string,
  manifest: Manifest,
  onProgress: (progress: BackupProgress) => void,
): Promise<void> {
  const resumed = await markRestore(database, manifest)
  for (const { name, collection, documents: total } of manifest.files) {
    if (collection === undefined) continue
    const documents = database.collection(collection)
    let at = 0
    for await (const page of pagesOf(readBsonFile(join(folder, name)))) {
      await (resumed ? replaceAll(documents, page) : documents.insertMany(page, { ordered: false }))
      at += page.length
      onProgress({ phase: collection, at, total })
    }
    const stored = await documents.countDocuments()
    if (stored !== total) {
      const message = `Of ${total} documents of ${collection} ${stored} are in the database: something else writes there.`
      throw new GatewayError('CONFIGURATION_INVALID', { message })
    }
  }
  await unmarkRestore(database)
}

async function* pagesOf(documents: AsyncIterable<Buffer>): AsyncGenerator<mongoose.mongo.Document[]> {
  let page: mongoose.mongo.Document[] = []
  let bytes = 0
  for await (const document of documents) {
    page.push(BSON.deserialize(document, asStored))
    bytes += document.length
    if (page.length < batch.documents && bytes < batch.bytes) continue
    yield page
    ;[page, bytes] = [[], 0]
  }
  if (page.length > 0) yield page
}

async function replaceAll(
  collection: mongoose.mongo.Collection,
  page: readonly mongoose.mongo.Document[],
): Promise<void> {
  const writes = page.map((document) => ({
    replaceOne: {
      filter: { _id: document._id as mongoose.mongo.ObjectId },
      replacement: document,
      upsert: true,
    },
  }))
  await collection.bulkWrite(writes, { ordered: false })
}
