import { describe, expect } from '@jest/globals'
import type { SuiteContext } from './server-under-test.ts'

/** What drivers ask before they ask for data, and what a standalone server refuses. */
export function describeProtocol({ db, client, collection, check }: SuiteContext): void {
  describe('protocol', () => {
    check('answers ping and the version', async () => {
      expect(await db().command({ ping: 1 })).toMatchObject({ ok: 1 })
      expect((await db().admin().serverInfo()).version).toMatch(/^\d+\.\d+\.\d+/)
    })

    check('says what an unknown command is', async () => {
      await expect(db().command({ nope: 1 })).rejects.toMatchObject({ code: 59 })
    })

    check('lists databases', async () => {
      await collection([{ a: 1 }])
      const { databases } = await client().db().admin().listDatabases()
      expect(databases.map(({ name }) => name)).toContain(db().databaseName)
    })

    check("refuses a transaction with MongoDB's own code", async () => {
      const c = await collection([{ a: 1 }])
      await client().withSession(async (session) => {
        session.startTransaction()
        await expect(c.insertOne({ a: 2 }, { session })).rejects.toThrow(
          /retryable writes|Transaction numbers/,
        )
      })
      expect(await c.countDocuments()).toBe(1)
    })

    check('refuses an argument it does not know', async () => {
      await expect(db().command({ find: 'x', nope: 1 })).rejects.toMatchObject({ code: 40415 })
    })

    check('serves several requests of several connections at once', async () => {
      const c = await collection(Array.from({ length: 50 }, (_, i) => ({ _id: i })))
      const found = await Promise.all(Array.from({ length: 50 }, (_, i) => c.findOne({ _id: i } as never)))
      expect(found.map((document) => document?._id as unknown)).toEqual(
        Array.from({ length: 50 }, (_, i) => i),
      )
    })
  })
}
