import type { KeyStore } from '../../crypto/key-store.ts'
import { holderId } from '../../crypto/key-tuple.ts'
import { scanPages } from '../scan-pages.ts'
import type { ErasureEntry, ErasureLedger } from './erasure-ledger.ts'
import { eraseDocuments } from './erase-documents.ts'
import type { SubjectCollection } from './subject-collection.ts'

export interface ReplayOptions {
  readonly ledger: ErasureLedger
  readonly keyStore: KeyStore
  readonly collections: readonly SubjectCollection[]
  /** Entries that began since. Default: all. */
  readonly since?: Date
}

/** Subjects that are looked for at once. */
const subjectsAtOnce = 500

/** How often the same may be found, because others erase it too. */
const patience = 10

const source = { id: 'replay', startedBy: 'gateway' } as const

/**
 * Erases again whatever there is of subjects of the ledger: what a copy of the documents brought back that was made before
 * they were erased, or a writer who slept through the bound. Redacted documents are not looked into. Keys that are there
 * again are destroyed again.
 *
 * @returns how many documents it erased
 */
export async function replayErasures({
  ledger,
  keyStore,
  collections,
  since,
}: ReplayOptions): Promise<number> {
  let erased = 0
  await scanPages({
    read: (after, limit) => ledger.scan(after, limit),
    nameOf: ({ id }) => id,
    pageSize: subjectsAtOnce,
    work: async (page) => {
      const entries = page.filter(({ startedAt }) => since === undefined || startedAt >= since)
      let count = 0
      await closeRows(entries)
      for (const tenant of new Set(entries.map((entry) => entry.tenant))) {
        count += await eraseEntries(
          entries.filter((entry) => entry.tenant === tenant),
          tenant,
        )
      }
      return count
    },
    done: (count) => {
      erased += count
      return Promise.resolve()
    },
  })
  return erased

  /** A copy of the keys may be older than the ledger beside it. */
  async function closeRows(entries: readonly ErasureEntry[]): Promise<void> {
    const holders = entries.map(({ tenant, subject }) => ({
      tenant,
      scope: 'SUBJECT' as const,
      scopeId: subject,
    }))
    const rows = new Map(
      (await keyStore.find(holders.map(holderId))).map((row) => [row.id.toString('hex'), row]),
    )
    let changed = false
    for (const [index, holder] of holders.entries()) {
      const row = rows.get(holderId(holder).toString('hex'))
      const isErased = entries[index]?.erasedAt !== undefined
      if (row?.erased === true || (row?.closing === true && !isErased)) continue
      await keyStore.closeRow(holder)
      if (isErased) await keyStore.destroyRow(holder)
      changed = true
    }
    if (changed) await keyStore.advanceEpoch()
  }

  async function eraseEntries(entries: readonly ErasureEntry[], tenant: string): Promise<number> {
    const subjects = entries.map(({ subject }) => subject)
    const context = { keyStore, audit: undefined, job: source, at: new Date() }
    let count = 0
    for (const collection of collections) {
      for (let still = 0; still < patience;) {
        const documents = await collection.readUnredacted(tenant, subjects, subjectsAtOnce)
        if (documents.length === 0) break
        const some = await eraseDocuments(collection, documents, context)
        still = some === 0 ? still + 1 : 0
        count += some
      }
    }
    return count
  }
}
