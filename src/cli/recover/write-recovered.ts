import { open } from 'node:fs/promises'
import { join } from 'node:path'

import mongoose from 'mongoose'

import { readBsonFile } from '../../backup/bson-file.ts'
import type { Manifest } from '../../backup/manifest.ts'
import type { KeyRing } from '../../crypto/key-ring.ts'
import type { PathCiphers } from '../../directives/path-cipher.ts'
import type { Policies } from '../../directives/policies.ts'
import { recoverDocuments, type Unrecovered } from '../../directives/recover-documents.ts'
import { ProgressBar } from '../progress-bar.ts'

export interface RecoveredModel {
  readonly model: string
  readonly file: string
  readonly documents: number
  readonly failures: readonly Unrecovered[]
}

export interface RecoveryContext {
  readonly ring: KeyRing
  readonly ciphers: PathCiphers
  readonly policies: Policies
  /** Ends the work between two pages. */
  readonly signal: AbortSignal
}

/** How many documents are decrypted with one question to the key service. */
const pageSize = 500

/** Writes a file of JSON lines for each model of the schema, for its owner alone. */
export async function writeRecovered(
  folder: string,
  { files }: Manifest,
  out: string,
  context: RecoveryContext,
): Promise<readonly RecoveredModel[]> {
  const bar = new ProgressBar()
  const recovered: RecoveredModel[] = []
  for (const model of context.policies.models.values()) {
    const backup = files.find(({ collection }) => collection === model.collection)
    if (backup === undefined) continue
    const file = join(out, `${model.collection}.jsonl`)
    const handle = await open(file, 'wx', 0o600)
    const failures: Unrecovered[] = []
    let documents = 0
    try {
      for await (const page of pagesOf(join(folder, backup.name))) {
        context.signal.throwIfAborted()
        failures.push(...(await recoverDocuments(page, model, context)))
        await handle.appendFile(page.map((document) => `${printDocument(document)}\n`).join(''))
        documents += page.length
        bar.draw({ phase: model.collection, at: documents, total: backup.documents })
      }
      await handle.sync()
    } finally {
      await handle.close()
    }
    recovered.push({ model: model.name, file, documents, failures })
  }
  bar.clear()
  return recovered
}

type StoredObject = Record<string, unknown>

async function* pagesOf(file: string): AsyncGenerator<StoredObject[]> {
  let page: StoredObject[] = []
  for await (const bytes of readBsonFile(file)) {
    // A text that is damaged in one document keeps no other from being recovered.
    page.push(mongoose.mongo.BSON.deserialize(bytes, { validation: { utf8: false } }))
    if (page.length < pageSize) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

/** As it was stored, with clear values: dates as ISO 8601, integers beyond those of JSON as text. */
function printDocument(document: StoredObject): string {
  return JSON.stringify(document, (_name, value: unknown) =>
    typeof value === 'bigint' || mongoose.mongo.Long.isLong(value) ? String(value) : value,
  )
}
