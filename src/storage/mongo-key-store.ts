import mongoose, { type Connection } from 'mongoose'

import type { Kek, KeyPurpose } from '../crypto/key-provider.ts'
import type {
  Canary,
  KeyRow,
  KeySlot,
  KeyState,
  KeyStore,
  RowChange,
  StoredKey,
} from '../crypto/key-store.ts'
import { holderId, type KeyHolder } from '../crypto/key-tuple.ts'
import { GatewayError } from '../errors.ts'
import { isDuplicateKey, translated } from './translate-error.ts'

const { Binary } = mongoose.mongo
type Binary = InstanceType<typeof Binary>

interface KeyDocument {
  _id: Binary
  holder: KeyHolder
  /** By slot, so that a slot can be taken only once. */
  keys: Record<string, StoredKeyDocument>
  /** The KEKs under which the row has keys, for look-up. */
  keks: string[]
  closing?: true
  erased?: true
}

interface StoredKeyDocument {
  keyType: string
  purpose: KeySlot['purpose']
  generation: number
  keyId: Binary
  wrapped: Binary
  state: KeyState
  createdAt: Date
  indexVersion?: string
}

interface CanaryDocument {
  _id: string
  keyId: Binary
  wrapped: Binary
}

/** Durable where the server knows the words: majority of a replica set, journaled. */
export const durable = { w: 'majority', journal: true } as const

/**
 * Keeps key rows in the collection `datakeys` of a database of its own, so that they have their own backups: data backups
 * of any age are restored beside the current keys.
 */
export function createMongoKeyStore(connection: Connection, database: string): KeyStore {
  const db = connection.getClient().db(database, { writeConcern: durable })
  const rows = db.collection<KeyDocument>('datakeys')
  const canaries = db.collection<CanaryDocument>('canaries')
  const epochs = db.collection<{ _id: string; number: number }>('epochs')
  const find = async (ids: readonly Buffer[]): Promise<KeyRow[]> => {
    const documents = await rows.find({ _id: { $in: ids.map(binary) } }).toArray()
    return documents.map(fromDocument)
  }
  return {
    find: (ids) => translated(() => find(ids)),

    insertMissing: (missing) =>
      translated(async () => {
        try {
          await rows.insertMany(missing.map(toDocument), { ordered: false })
          return [...missing]
        } catch (error) {
          if (!isDuplicateKey(error)) throw error
          const byId = new Map(
            (await find(missing.map(({ id }) => id))).map((row) => [row.id.toString('hex'), row]),
          )
          return missing.map((row) => byId.get(row.id.toString('hex')) ?? row)
        }
      }),

    addKeys: (rowId, keys) =>
      translated(async () => {
        for (const key of keys) {
          const path = `keys.${slotName(key)}`
          await rows.updateOne(
            { _id: binary(rowId), ...living, [path]: { $exists: false } },
            { $set: { [path]: toKeyDocument(key) }, $addToSet: { keks: kekName(key) } },
          )
        }
        const [row] = await find([rowId])
        if (row === undefined) throw new Error('key row is gone')
        return row
      }),

    hasKeys: (kek) => translated(async () => (await rows.findOne({ keks: kekName(kek) })) !== null),

    count: () => translated(() => rows.estimatedDocumentCount()),

    scan: (after, limit) =>
      translated(async () => {
        const filter = after === undefined ? {} : { _id: { $gt: binary(after) } }
        return (await rows.find(filter).sort({ _id: 1 }).limit(limit).toArray()).map(fromDocument)
      }),

    changeKeys: (changes) =>
      translated(async () => {
        if (changes.length === 0) return 0
        const { matchedCount } = await rows.bulkWrite(changes.map(toUpdate), { ordered: false })
        return matchedCount
      }),

    closeRow: (holder) =>
      translated(async () => {
        const filter = { _id: binary(holderId(holder)) }
        const close = { $set: { closing: true as const } }
        if ((await rows.updateOne(filter, close)).matchedCount === 1) return
        try {
          await rows.insertOne({ ...filter, holder, keys: {}, keks: [], closing: true })
        } catch (error) {
          if (!isDuplicateKey(error)) throw error
          await rows.updateOne(filter, close)
        }
      }),

    destroyRow: (holder) =>
      translated(async () => {
        const filter = { _id: binary(holderId(holder)), closing: true } as const
        const row = await rows.findOne(filter)
        if (row === null) throw new GatewayError('INTERNAL_SERVER_ERROR')
        const emptied = Object.keys(row.keys).flatMap((slot) => [
          [`keys.${slot}.wrapped`, binary(Buffer.alloc(0))],
          [`keys.${slot}.state`, 'destroyed'],
        ])
        await rows.updateOne(filter, {
          $set: { ...(Object.fromEntries(emptied) as object), erased: true, keks: [] },
        })
      }),

    epoch: () => translated(async () => (await epochs.findOne({ _id: 'keys' }))?.number ?? 0),

    advanceEpoch: () =>
      translated(async () => {
        await epochs.updateOne({ _id: 'keys' }, { $inc: { number: 1 } }, { upsert: true })
      }),

    findCanary: (kek) =>
      translated(async () => {
        const document = await canaries.findOne({ _id: kekName(kek) })
        return document === null
          ? undefined
          : { keyId: bytesOf(document.keyId), wrapped: bytesOf(document.wrapped) }
      }),

    listCanaries: () =>
      translated(async () => {
        const documents = await canaries.find({}, { projection: { _id: 1 } }).toArray()
        return documents.map(({ _id }) => {
          const [keyType = '', purpose] = _id.split(':')
          return { keyType, purpose: purpose as KeyPurpose }
        })
      }),

    insertCanary: (kek, canary) =>
      translated(async (): Promise<Canary> => {
        const document = { keyId: binary(canary.keyId), wrapped: binary(canary.wrapped) }
        await canaries.updateOne({ _id: kekName(kek) }, { $setOnInsert: document }, { upsert: true })
        const winner = await canaries.findOne({ _id: kekName(kek) })
        if (winner === null) throw new Error('canary is gone')
        return { keyId: bytesOf(winner.keyId), wrapped: bytesOf(winner.wrapped) }
      }),

    replaceCanary: (kek, from, to) =>
      translated(async () => {
        const filter = { _id: kekName(kek), wrapped: binary(from.wrapped) }
        const document = { keyId: binary(to.keyId), wrapped: binary(to.wrapped) }
        return (await canaries.updateOne(filter, { $set: document })).matchedCount === 1
      }),
  }
}

/** Rows that take keys. */
const living = { closing: { $exists: false }, erased: { $exists: false } } as const

const kekName = ({ keyType, purpose }: Kek): string => `${keyType}:${purpose}`
const slotName = (slot: KeySlot): string => `${kekName(slot)}:${slot.generation}`

function toDocument({ id, holder, keys, closing, erased }: KeyRow): KeyDocument {
  return {
    _id: binary(id),
    holder,
    keys: Object.fromEntries(keys.map((key) => [slotName(key), toKeyDocument(key)])),
    keks: [...new Set(keys.map(kekName))],
    ...(closing === true ? { closing } : {}),
    ...(erased === true ? { erased } : {}),
  }
}

function toUpdate({ rowId, keys }: RowChange): mongoose.mongo.AnyBulkWriteOperation<KeyDocument> {
  const filter: Record<string, unknown> = { _id: binary(rowId), erased: { $exists: false } }
  const changed: Record<string, unknown> = {}
  for (const { slot, from, to } of keys) {
    const path = `keys.${slotName(slot)}`
    filter[`${path}.wrapped`] = binary(from.wrapped)
    filter[`${path}.state`] = from.state
    changed[`${path}.wrapped`] = binary(to.wrapped)
    changed[`${path}.state`] = to.state
  }
  return { updateOne: { filter, update: { $set: changed } } }
}

function toKeyDocument(key: StoredKey): StoredKeyDocument {
  const { keyType, purpose, generation, state, createdAt, indexVersion } = key
  return {
    keyType,
    purpose,
    generation,
    state,
    createdAt,
    keyId: binary(key.keyId),
    wrapped: binary(key.wrapped),
    ...(indexVersion !== undefined && { indexVersion }),
  }
}

function fromDocument({ _id, holder, keys, closing, erased }: KeyDocument): KeyRow {
  return {
    id: bytesOf(_id),
    holder,
    keys: Object.values(keys).map((key) => ({
      ...key,
      keyId: bytesOf(key.keyId),
      wrapped: bytesOf(key.wrapped),
    })),
    ...(closing === true ? { closing } : {}),
    ...(erased === true ? { erased } : {}),
  }
}

function binary(value: Buffer): Binary {
  return new Binary(value, 0)
}

export function bytesOf(value: Binary | Buffer): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer.subarray(0, value.position))
}
