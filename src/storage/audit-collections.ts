import mongoose, { type Connection } from 'mongoose'

import type { Anchor } from '../audit/anchor.ts'
import type { AuditRecord, ChainClosing, ChainHead, ChainOpening } from '../audit/line.ts'
import { GatewayError } from '../errors.ts'
import { durable } from './mongo-key-store.ts'

const { Binary } = mongoose.mongo
type Binary = InstanceType<typeof Binary>

export interface RecordDocument {
  /** {@link recordId}: the order of ids is that of the chain. */
  _id: string
  /** The stored bytes. */
  record: string
  hmac: Binary
}

export interface ChainDocument {
  _id: string
  at: string
  key: string
  hmac: Binary
  seenAt: Date
  closed?: {
    how: ChainClosing['how']
    at: string
    sequence: number
    head: Binary
    hmac: Binary
  }
}

export interface AnchorDocument {
  _id: string
  by: string
  number: number
  at: string
  heads: { chain: string; sequence: number; hmac: Binary }[]
  root: Binary
  hmac: Binary
}

export interface AuditCollections {
  readonly records: mongoose.mongo.Collection<RecordDocument>
  readonly chains: mongoose.mongo.Collection<ChainDocument>
  readonly anchors: mongoose.mongo.Collection<AnchorDocument>
  /**
   * Adds records in their order, durable. The plain command costs half of what the driver's `insertMany` does, and each
   * answer in clear waits for one.
   */
  readonly insert: (documents: readonly RecordDocument[]) => Promise<'inserted' | 'duplicate'>
}

const recordCollection = 'sealgateAudit'
const duplicateKey = 11_000

/** Durable where the server knows the words, and read only when it is. */
const options = {
  writeConcern: durable,
  readConcern: { level: 'majority' },
} as const

interface InsertAnswer {
  readonly n?: number
  readonly writeErrors?: readonly { readonly code?: number }[]
  readonly writeConcernError?: { readonly code?: number }
}

export function auditCollections(connection: Connection): AuditCollections {
  const db = connection.getClient().db(connection.name)
  return {
    records: db.collection<RecordDocument>(recordCollection, options),
    chains: db.collection<ChainDocument>('sealgateAuditChains', options),
    anchors: db.collection<AnchorDocument>('sealgateAuditAnchors', options),
    insert: async (documents) => {
      const { writeConcern } = options
      const answer: InsertAnswer = await db.command({
        insert: recordCollection,
        documents,
        ordered: true,
        writeConcern,
      })
      const { n, writeErrors: [failed] = [], writeConcernError } = answer
      if (failed?.code === duplicateKey) return 'duplicate'
      if (failed === undefined && writeConcernError === undefined && n === documents.length) return 'inserted'
      const code = failed?.code ?? writeConcernError?.code
      throw new GatewayError('SERVICE_UNAVAILABLE', { cause: `database error ${String(code)}` })
    },
  }
}

export function recordId({ chain, sequence }: Pick<ChainHead, 'chain' | 'sequence'>): string {
  return `${chain}/${String(sequence).padStart(12, '0')}`
}

/** The ids of all records of a chain, and of nothing else: `0` comes right after `/`. */
export function recordsOf(chain: string): { _id: { $gte: string; $lt: string } } {
  return { _id: { $gte: `${chain}/`, $lt: `${chain}0` } }
}

export function toRecordDocument({ text, hmac, ...place }: AuditRecord): RecordDocument {
  return { _id: recordId(place), record: text, hmac: new Binary(hmac) }
}

export function toChainDocument({ chain, at, keyId, hmac }: ChainOpening): ChainDocument {
  return { _id: chain, at, key: keyId, hmac: new Binary(hmac), seenAt: new Date() }
}

export function toClosed({ how, at, head, hmac }: ChainClosing): NonNullable<ChainDocument['closed']> {
  return { how, at, sequence: head.sequence, head: new Binary(head.hmac), hmac: new Binary(hmac) }
}

export function toAnchorDocument({ by, number, at, heads, root, hmac }: Anchor): AnchorDocument {
  const stored = heads.map((head) => ({ ...head, hmac: new Binary(head.hmac) }))
  const _id = `${by}/${String(number).padStart(12, '0')}`
  return { _id, by, number, at, heads: stored, root: new Binary(root), hmac: new Binary(hmac) }
}

/** A document as it is found: whoever can write to the database can put anything anywhere. */
export type Found = Readonly<Record<string, unknown>>

export function toOpening({ _id, at, key, hmac }: Found): ChainOpening {
  return { chain: textOf(_id), at: textOf(at), keyId: textOf(key), hmac: bytesOf(hmac) }
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Whatever stands there: what is no binary value is no HMAC of ours. */
export function bytesOf(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value
  return value instanceof Binary ? Buffer.from(value.buffer.subarray(0, value.position)) : Buffer.alloc(0)
}
