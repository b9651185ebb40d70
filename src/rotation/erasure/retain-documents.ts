import { dayMs } from '../../crypto/kek-age.ts'
import type { JobHandler } from '../job-handler.ts'
import { erasureOf } from './erasure-tools.ts'
import { eraseDocuments } from './erase-documents.ts'
import type { SubjectCollection } from './subject-collection.ts'

const pageSize = 200

/** What `@retain` says of each model that has it: what a job of the kind `retain` is told. */
export interface RetentionRule {
  readonly type: string
  readonly days: number
  readonly by?: string
}

/** The rules of a schema as they are now. */
export function retentionRules(collections: readonly SubjectCollection[]): readonly RetentionRule[] {
  return collections.flatMap(({ name, retention }) => {
    if (retention === undefined) return []
    const { days, by } = retention
    return [{ type: name, days, ...(by === undefined ? {} : { by }) }]
  })
}

/**
 * Erases the documents that are older than their model allows. Age is judged by the time at which the job was written down,
 * so that it has an end. Subjects and their keys stay. Without `apply` it only counts.
 */
export const retainDocuments: JobHandler<'retain'> = async (job, run, tools) => {
  const findings: string[] = []
  for (const { type, days, by } of job.parameters.rules) {
    const collection = erasureOf(tools).collections.find(({ name }) => name === type)
    const { retention } = collection ?? {}
    // A rule that the schema of this process does not have would erase what it allows to keep.
    if (collection === undefined || retention?.days !== days || retention.by !== by) {
      return { findings, failure: `The schema here has another @retain on ${type} than the job was told.` }
    }
    const before = new Date(job.createdAt.getTime() - days * dayMs)
    if (!job.parameters.apply) {
      findings.push(`${type}: ${await collection.countOlder(before)} documents are older than ${days} days`)
      continue
    }
    const counters = run.progress?.counters ?? {}
    let erased = counters[type] ?? 0
    const { keyStore, audit, now = Date.now } = tools
    for (let still = 0; still < 10;) {
      const page = await collection.readOlder(before, pageSize)
      if (page.length === 0) break
      const count = await eraseDocuments(collection, page, { keyStore, audit, job, at: new Date(now()) })
      still = count === 0 ? still + 1 : 0
      erased += count
      const progress = { checkpoint: {}, phase: type, at: erased, total: erased }
      await run.save({ ...progress, counters: { ...run.progress?.counters, [type]: erased } })
    }
    const left = await collection.countOlder(before)
    findings.push(`${type}: ${erased} documents erased that were older than ${days} days, ${left} left`)
    if (left > 0) return { findings, failure: `${left} documents of ${type} could not be erased.` }
  }
  return { findings }
}
