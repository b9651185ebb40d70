import type { Connection } from 'mongoose'

import type { Anchor } from '../audit/anchor.ts'
import type { AuditArchive, FoundChain, FoundRecord } from '../audit/archive.ts'
import type { ChainClosing } from '../audit/line.ts'
import {
  type AuditCollections,
  auditCollections,
  bytesOf,
  type Found,
  recordId,
  recordsOf,
  textOf,
  toOpening,
} from './audit-collections.ts'
import { translated } from './translate-error.ts'

/** The log of the database. Nothing is changed. */
export function createMongoAuditArchive(connection: Connection): AuditArchive {
  const collections = auditCollections(connection)
  return {
    anchors: () =>
      translated(async () =>
        (await collections.anchors.find().sort({ _id: 1 }).toArray()).map((found) => toAnchor({ ...found })),
      ),
    chains: () => translated(() => readChains(collections)),
    records: (chain) => readRecords(collections, chain),
  }
}

/** Those of the registry, then those of which there are records alone. */
async function readChains({ chains, records }: AuditCollections): Promise<readonly FoundChain[]> {
  const withRecords = new Set<string>()
  let after = ''
  for (;;) {
    const next = await records.findOne({ _id: { $gt: after } }, { sort: { _id: 1 }, projection: { _id: 1 } })
    if (next === null) break
    const chain = next._id.slice(0, next._id.lastIndexOf('/'))
    withRecords.add(chain)
    after = recordsOf(chain)._id.$lt
  }
  const registered = await chains.find().sort({ at: 1 }).toArray()
  for (const { _id } of registered) withRecords.delete(_id)
  return [
    ...registered.map((found) => toChain({ ...found })),
    ...[...withRecords].map((chain) => ({
      chain,
      opening: undefined,
      closing: undefined,
      seenAt: undefined,
    })),
  ]
}

async function* readRecords({ records }: AuditCollections, chain: string): AsyncIterable<FoundRecord> {
  const cursor = records.find(recordsOf(chain)).sort({ _id: 1 })
  try {
    for (;;) {
      const document = await translated(() => cursor.next())
      if (document === null) return
      const { _id, record, hmac } = document
      const sequence = Number(_id.slice(chain.length + 1))
      const isPlace = recordId({ chain, sequence }) === _id
      yield {
        chain,
        sequence: isPlace ? sequence : -1,
        text: textOf(record),
        hmac: bytesOf(hmac),
        place: _id,
      }
    }
  } finally {
    await cursor.close()
  }
}

function toChain(document: Found): FoundChain {
  const { seenAt } = document
  const opening = toOpening(document)
  return {
    chain: opening.chain,
    opening,
    closing: toClosing(opening.chain, document.closed),
    seenAt: seenAt instanceof Date ? seenAt : undefined,
  }
}

function toClosing(chain: string, closed: unknown): ChainClosing | undefined {
  if (closed === undefined) return undefined
  const { how, at, sequence, head, hmac } = (closed ?? {}) as Found
  return {
    chain,
    how: how === 'ended' ? how : 'closed',
    at: textOf(at),
    head: { chain, sequence: Number(sequence), hmac: bytesOf(head) },
    hmac: bytesOf(hmac),
  }
}

function toAnchor({ by, number, at, heads, root, hmac }: Found): Anchor {
  const found = Array.isArray(heads) ? (heads as readonly (Found | null)[]) : []
  return {
    by: textOf(by),
    number: Number(number),
    at: textOf(at),
    heads: found.map((head) => ({
      chain: textOf(head?.chain),
      sequence: Number(head?.sequence),
      hmac: bytesOf(head?.hmac),
    })),
    root: bytesOf(root),
    hmac: bytesOf(hmac),
  }
}
