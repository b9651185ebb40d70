import { createHash } from 'node:crypto'

import mongoose, { type Connection } from 'mongoose'

import type { IntermediateKey, IntermediateKeyStore } from '../crypto/intermediate-key-store.ts'
import type { KeyPurpose } from '../crypto/key-provider.ts'
import { lengthPrefixed } from '../crypto/length-prefixed.ts'
import { bytesOf, durable } from './mongo-key-store.ts'
import { translated } from './translate-error.ts'

type Binary = mongoose.mongo.Binary
const { Binary } = mongoose.mongo

/** One document for each slot, so that servers which do not update in one step take it only once as well. */
interface IntermediateKeyDocument {
  /** SHA-256 of the length-prefixed slot. */
  _id: Binary
  tenant: string
  keyType: string
  purpose: KeyPurpose
  version: number
  keyId: Binary
  wrapped: Binary
  createdAt: Date
}

/** Keeps intermediate keys in the collection `intermediateKeys` beside the key rows, with their durability. */
export function createMongoIntermediateKeyStore(
  connection: Connection,
  database: string,
): IntermediateKeyStore {
  const keys = connection
    .getClient()
    .db(database, { writeConcern: durable })
    .collection<IntermediateKeyDocument>('intermediateKeys')
  let indexed: Promise<unknown> | undefined
  const ensureIndex = (): Promise<unknown> => {
    indexed ??= keys.createIndex({ tenant: 1, keyType: 1, purpose: 1 }, {}, {}).catch((error: unknown) => {
      indexed = undefined
      throw error
    })
    return indexed
  }
  return {
    find: ({ keyType, purpose }, tenants) =>
      translated(async () => {
        const documents = await keys.find({ tenant: { $in: [...tenants] }, keyType, purpose }).toArray()
        return documents.map(fromDocument)
      }),

    insert: (key) =>
      translated(async () => {
        await ensureIndex()
        const document = toDocument(key)
        try {
          await keys.insertOne(document)
          return key
        } catch (error) {
          if ((error as { code?: unknown }).code !== 11_000) throw error
          const winner = await keys.findOne({ _id: document._id })
          if (winner === null) throw new Error('intermediate key is gone', { cause: error })
          return fromDocument(winner)
        }
      }),

    remove: ({ keyType, purpose }, oldest, below) =>
      translated(async () => {
        await keys.deleteMany({ keyType, purpose, version: { $gte: oldest, $lt: below } })
      }),
  }
}

function toDocument(key: IntermediateKey): IntermediateKeyDocument {
  const { tenant, keyType, purpose, version, createdAt } = key
  const slot = lengthPrefixed(['sealgate/intermediate-row/v1', tenant, keyType, purpose, String(version)])
  return {
    _id: new Binary(createHash('sha256').update(slot).digest()),
    tenant,
    keyType,
    purpose,
    version,
    keyId: new Binary(key.keyId),
    wrapped: new Binary(key.wrapped),
    createdAt,
  }
}

function fromDocument(document: IntermediateKeyDocument): IntermediateKey {
  const { tenant, keyType, purpose, version, keyId, wrapped, createdAt } = document
  return { tenant, keyType, purpose, version, keyId: bytesOf(keyId), wrapped: bytesOf(wrapped), createdAt }
}
