import type { Connection } from 'mongoose'

import { translated } from './translate-error.ts'

/** Appends to the collection `sealgateAudit`, durable where the server knows the words. */
export function createMongoAuditSink(connection: Connection): {
  append: (events: readonly object[]) => Promise<void>
} {
  const writeConcern = { w: 'majority', journal: true } as const
  return {
    append: (events) =>
      translated(async () => {
        const collection = connection
          .getClient()
          .db(connection.name)
          .collection('sealgateAudit', { writeConcern })
        await collection.insertMany(events.map((event) => ({ ...event })))
      }),
  }
}
