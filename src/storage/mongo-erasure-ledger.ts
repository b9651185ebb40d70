import type { Connection } from 'mongoose'

import { holderId } from '../crypto/key-tuple.ts'
import type { ErasureEntry, ErasureLedger, SignedReceipt } from '../rotation/erasure/erasure-ledger.ts'
import { durable } from './mongo-key-store.ts'
import { isDuplicateKey, translated } from './translate-error.ts'

interface ErasureDocument {
  /** The id of the subject's key row, in hex. */
  _id: string
  tenant: string
  subject: string
  startedAt: Date
  erasedAt: Date | null
  receipts: SignedReceipt[]
}

/** Keeps the ledger in the collection `erasures` of the database of the wrapped keys, and so in its backups. */
export function createMongoErasureLedger(connection: Connection, database: string): ErasureLedger {
  const db = connection.getClient().db(database, { writeConcern: durable })
  const erasures = db.collection<ErasureDocument>('erasures')
  return {
    begin: (tenant, subject, at) =>
      translated(async () => {
        const _id = idOf(tenant, subject)
        try {
          await erasures.insertOne({ _id, tenant, subject, startedAt: at, erasedAt: null, receipts: [] })
        } catch (error) {
          if (!isDuplicateKey(error)) throw error
        }
        const document = await erasures.findOne({ _id })
        if (document === null) throw new Error('ledger entry is gone')
        return fromDocument(document)
      }),

    complete: (tenant, subject, at) =>
      translated(async () => {
        const _id = idOf(tenant, subject)
        await erasures.updateOne({ _id, erasedAt: null }, { $set: { erasedAt: at } })
        return (await erasures.findOne({ _id }))?.erasedAt ?? at
      }),

    addReceipt: (tenant, subject, receipt) =>
      translated(async () => {
        const filter = { _id: idOf(tenant, subject), 'receipts.job': { $ne: receipt.job } }
        await erasures.updateOne(filter, { $push: { receipts: receipt } })
      }),

    find: (tenant, subject) =>
      translated(async () => {
        const document = await erasures.findOne({ _id: idOf(tenant, subject) })
        return document === null ? undefined : fromDocument(document)
      }),

    scan: (after, limit) =>
      translated(async () => {
        const filter = after === undefined ? {} : { _id: { $gt: after } }
        return (await erasures.find(filter).sort({ _id: 1 }).limit(limit).toArray()).map(fromDocument)
      }),
  }
}

function idOf(tenant: string, subject: string): string {
  return holderId({ tenant, scope: 'SUBJECT', scopeId: subject }).toString('hex')
}

function fromDocument({ _id, erasedAt, ...entry }: ErasureDocument): ErasureEntry {
  return { ...entry, id: _id, erasedAt: erasedAt ?? undefined }
}
