import type { Connection } from 'mongoose'

import type { AnchorTarget } from '../audit/anchor.ts'
import type { ChainRegistry, OpenChain } from '../audit/chain-registry.ts'
import type { AuditLine } from '../audit/line.ts'
import type { AuditSink } from '../audit/sink.ts'
import {
  type AuditCollections,
  auditCollections,
  bytesOf,
  type RecordDocument,
  recordsOf,
  toAnchorDocument,
  toChainDocument,
  toClosed,
  toOpening,
  toRecordDocument,
} from './audit-collections.ts'
import { translated } from './translate-error.ts'

/** The audit log in the database of the documents: records, chains and anchors, in a collection each. */
export interface MongoAudit {
  readonly sink: AuditSink
  readonly registry: ChainRegistry
  readonly anchors: AnchorTarget
}

export function createMongoAudit(connection: Connection): MongoAudit {
  const collections = auditCollections(connection)
  const { chains, anchors } = collections
  return {
    sink: {
      name: 'database',
      write: (lines) => translated(() => write(collections, lines)),
      close: () => Promise.resolve(),
    },
    registry: {
      openChains: () => translated(() => readOpenChains(collections)),
      touch: (chain) =>
        translated(async () => {
          await chains.updateOne({ _id: chain }, { $set: { seenAt: new Date() } })
        }),
    },
    anchors: {
      name: 'database',
      put: (anchor) =>
        translated(async () => {
          await anchors.insertOne(toAnchorDocument(anchor))
        }),
    },
  }
}

/** Beginnings, then records, then ends: each in the order of the lines. What is there already is left as it is. */
async function write(collections: AuditCollections, lines: readonly AuditLine[]): Promise<void> {
  const { records, chains } = collections
  for (const line of lines) {
    if (line.kind !== 'opening') continue
    const { _id, ...opening } = toChainDocument(line)
    await chains.updateOne({ _id }, { $setOnInsert: opening }, { upsert: true })
  }
  const documents = lines.flatMap((line) => (line.kind === 'record' ? [toRecordDocument(line)] : []))
  for (const portion of portionsOf(documents)) await insertNew(records, collections.insert, portion)
  for (const line of lines) {
    if (line.kind !== 'closing') continue
    // The writer's own word is the better one.
    const open = line.how === 'closed' ? { 'closed.how': { $ne: 'closed' } } : { closed: { $exists: false } }
    await chains.updateOne({ _id: line.chain, ...open }, { $set: { closed: toClosed(line) } })
  }
}

/** Characters and documents of one command. A document has at most 16 MiB, a command three times that. */
const portionSize = { characters: 4 * 1024 * 1024, documents: 1_000 }

function portionsOf(documents: readonly RecordDocument[]): readonly (readonly RecordDocument[])[] {
  const portions: RecordDocument[][] = []
  let room = { characters: 0, documents: 0 }
  for (const document of documents) {
    if (room.documents === 0 || room.characters < document.record.length) {
      portions.push([])
      room = { ...portionSize }
    }
    portions.at(-1)?.push(document)
    room.documents -= 1
    room.characters -= document.record.length
  }
  return portions
}

/** A batch that is tried again may have arrived before, in part. */
async function insertNew(
  records: AuditCollections['records'],
  insert: AuditCollections['insert'],
  documents: readonly RecordDocument[],
): Promise<void> {
  const outcome = await insert(documents)
  if (outcome === 'inserted') return
  for (const { _id, ...rest } of documents) {
    await records.updateOne({ _id }, { $setOnInsert: rest }, { upsert: true })
  }
}

async function readOpenChains({ chains, records }: AuditCollections): Promise<readonly OpenChain[]> {
  const open = await chains.find({ closed: { $exists: false } }).toArray()
  return Promise.all(
    open.map(async (document): Promise<OpenChain> => {
      const opening = toOpening({ ...document })
      const { chain } = opening
      const last = await records.findOne(recordsOf(chain), { sort: { _id: -1 } })
      const head =
        last === null
          ? { chain, sequence: 0, hmac: opening.hmac }
          : { chain, sequence: Number(last._id.slice(chain.length + 1)), hmac: bytesOf(last.hmac) }
      return { opening, seenAt: new Date(document.seenAt), head }
    }),
  )
}
