import type mongoose from 'mongoose'
import { type Connection } from 'mongoose'

import { translated } from './translate-error.ts'

interface AttemptDocument {
  _id: string
  count: number
  until: Date
}

/** Counts attempts at something that may be tried a few times only, shared by every gateway of a database. */
export interface Attempts {
  /** Counts attempts, one before it is made or those that failed. @returns whether they were within the limit */
  take(name: string, limit: number, attempts?: number): Promise<boolean>
  /** Whether one more would be within the limit; counts nothing. */
  mayTry(name: string, limit: number): Promise<boolean>
  /** Forgets the attempts at something, after one that succeeded. */
  forget(name: string): Promise<void>
}

/** A window of attempts ends this many milliseconds after its first one. */
const windowLength = 15 * 60 * 1000

export function createAttempts(connection: Connection): Attempts {
  const collection = (): mongoose.mongo.Collection<AttemptDocument> =>
    connection.getClient().db(connection.name).collection<AttemptDocument>('sealgateAttempts')
  return {
    take: (name, limit, attempts = 1) =>
      translated(async () => {
        const now = new Date()
        const counted = await collection().findOneAndUpdate(
          { _id: name, until: { $gt: now } },
          { $inc: { count: attempts } },
          { returnDocument: 'after' },
        )
        if (counted !== null) return counted.count <= limit
        const fresh = { count: attempts, until: new Date(now.getTime() + windowLength) }
        try {
          await collection().updateOne({ _id: name, until: { $lte: now } }, { $set: fresh }, { upsert: true })
          return attempts <= limit
        } catch (error) {
          // Another gateway opened the window in between; the attempt counts in it.
          if ((error as { code?: unknown }).code !== 11_000) throw error
          const again = await collection().findOneAndUpdate(
            { _id: name },
            { $inc: { count: attempts } },
            { returnDocument: 'after' },
          )
          return again !== null && again.count <= limit
        }
      }),
    mayTry: (name, limit) =>
      translated(async () => {
        const counted = await collection().findOne({ _id: name, until: { $gt: new Date() } })
        return counted === null || counted.count < limit
      }),
    forget: (name) =>
      translated(async () => {
        await collection().deleteOne({ _id: name })
      }),
  }
}
