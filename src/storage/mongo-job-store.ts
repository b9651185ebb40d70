import type { Connection } from 'mongoose'

import type { Job, JobLease, JobStore } from '../rotation/job.ts'
import { durable } from './mongo-key-store.ts'
import { isDuplicateKey, translated } from './translate-error.ts'

/** The job beside its id, in one piece: its lease is compared as a whole. */
interface JobDocument {
  _id: string
  job: Omit<Job, 'id' | 'lease' | 'progress' | 'failure' | 'endedAt'>
  createdAt: Date
  waiting: boolean
  lease: JobLease | null
  progress: Job['progress'] | null
  failure: string | null
  endedAt: Date | null
}

/** Keeps jobs in the collection `jobs` of the database of the wrapped keys. */
export function createMongoJobStore(connection: Connection, database: string): JobStore {
  const jobs = connection.getClient().db(database, { writeConcern: durable }).collection<JobDocument>('jobs')
  return {
    insert: ({ id, ...job }) =>
      translated(async () => {
        try {
          await jobs.insertOne({
            _id: id,
            job: { ...job, state: 'waiting', findings: [] },
            createdAt: job.createdAt,
            waiting: true,
            lease: null,
            progress: null,
            failure: null,
            endedAt: null,
          })
          return true
        } catch (error) {
          if (isDuplicateKey(error)) return false
          throw error
        }
      }),

    find: (id) =>
      translated(async () => {
        const document = await jobs.findOne({ _id: id })
        return document === null ? undefined : fromDocument(document)
      }),

    list: ({ waiting, limit }) =>
      translated(async () => {
        const filter = waiting === undefined ? {} : { waiting }
        const found = await jobs.find(filter).sort({ createdAt: -1, _id: -1 }).limit(limit).toArray()
        return found.map(fromDocument)
      }),

    change: (id, from, to, { state, findings, ...change }) =>
      translated(async () => {
        const filter =
          from === undefined
            ? { _id: id, waiting: true, lease: null }
            : { _id: id, waiting: true, 'lease.owner': from.owner, 'lease.beat': from.beat }
        const changed: readonly (readonly [string, unknown])[] = Object.entries(change)
        const set = {
          ...Object.fromEntries(changed.map(([name, value]) => [name, value ?? null])),
          ...(state === undefined ? {} : { 'job.state': state, waiting: state === 'waiting' }),
          ...(findings === undefined ? {} : { 'job.findings': findings }),
          lease: to ?? null,
        }
        return (await jobs.updateOne(filter, { $set: set })).matchedCount === 1
      }),
  }
}

function fromDocument({ _id, job, lease, progress, failure, endedAt }: JobDocument): Job {
  return {
    ...job,
    id: _id,
    lease: lease ?? undefined,
    progress: progress ?? undefined,
    failure: failure ?? undefined,
    endedAt: endedAt ?? undefined,
  } as Job
}
