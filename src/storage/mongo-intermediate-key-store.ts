import { createHash } from 'node:crypto'

import mongoose, { type Connection } from 'mongoose'

import type { IntermediateKey, IntermediateKeyStore } from '../crypto/intermediate-key-store.ts'
import type { Kek, KeyPurpose } from '../crypto/key-provider.ts'
import { lengthPrefixed } from '../crypto/length-prefixed.ts'
import { bytesOf, durable } from './mongo-key-store.ts'
import { translated } from './translate-error.ts'

type Binary = mongoose.mongo.Binary
const { Binary } = mongoose.mongo

/** One document for each tenant and KEK. */
interface IntermediateKeyDocument {
  /** SHA-256 of the length-prefixed tenant and KEK. */
  _id: Binary
  tenant: string
  keyType: string
  purpose: KeyPurpose
  /** By version, so that a slot can be taken only once. */
  versions: Record<string, { readonly keyId: Binary; readonly wrapped: Binary; readonly createdAt: Date }>
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
  const find = async (kek: Kek, tenants: readonly string[]): Promise<IntermediateKey[]> => {
    const documents = await keys.find({ _id: { $in: tenants.map((tenant) => idOf(kek, tenant)) } }).toArray()
    return documents.flatMap(fromDocument)
  }
  return {
    find: (kek, tenants) => translated(() => find(kek, tenants)),

    insert: (key) =>
      translated(async () => {
        const { tenant, keyType, purpose, version, createdAt } = key
        const path = `versions.${version}`
        const stored = { keyId: new Binary(key.keyId), wrapped: new Binary(key.wrapped), createdAt }
        const free = { _id: idOf(key, tenant), [path]: { $exists: false } }
        const change = { $set: { tenant, keyType, purpose, [path]: stored } }
        // Two may make the document at once, and one of them may then still find its version free.
        for (const upsert of [true, false]) {
          try {
            await keys.updateOne(free, change, { upsert })
          } catch (error) {
            if ((error as { code?: unknown }).code !== 11_000) throw error
          }
        }
        const winner = (await find(key, [tenant])).find((one) => one.version === version)
        if (winner === undefined) throw new Error('intermediate key is gone')
        return winner
      }),

    remove: ({ keyType, purpose }, oldest, below) =>
      translated(async () => {
        const versions = Array.from({ length: below - oldest }, (_, index) => `versions.${oldest + index}`)
        if (versions.length === 0) return
        const unset = Object.fromEntries(versions.map((path) => [path, '' as const]))
        await keys.updateMany({ keyType, purpose }, { $unset: unset })
      }),
  }
}

function idOf({ keyType, purpose }: Kek, tenant: string): Binary {
  const name = lengthPrefixed(['sealgate/intermediate-row/v1', tenant, keyType, purpose])
  return new Binary(createHash('sha256').update(name).digest())
}

function fromDocument({ tenant, keyType, purpose, versions }: IntermediateKeyDocument): IntermediateKey[] {
  return Object.entries(versions).map(([version, { keyId, wrapped, createdAt }]) => ({
    tenant,
    keyType,
    purpose,
    version: Number(version),
    keyId: bytesOf(keyId),
    wrapped: bytesOf(wrapped),
    createdAt,
  }))
}
