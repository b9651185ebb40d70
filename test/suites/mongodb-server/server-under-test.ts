import { afterAll, beforeAll, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { type Collection, type Db, type Document, MongoClient } from 'mongodb'

/** One server the conformance suite runs on. */
export interface ServerUnderTest {
  readonly name: string
  readonly start: () => Promise<{ readonly uri: string; close(): Promise<void> }>
  /**
   * The titles of the tests that fail on it because it is not MongoDB, by what it lacks. They are run, and must fail: a
   * gap that closes makes the suite fail until it is taken off the list.
   */
  readonly gaps: Readonly<Record<string, readonly string[]>>
}

export interface SuiteContext {
  readonly db: () => Db
  readonly client: () => MongoClient
  readonly uri: () => string
  /** An empty collection of its own for each call. */
  readonly collection: (documents?: readonly Document[]) => Promise<Collection>
  /** Declares a test. */
  readonly check: (title: string, run: () => Promise<void>) => void
}

/** Connects before the tests of a describe block and drops the database after them. */
export function useServer(server: ServerUnderTest): SuiteContext {
  const name = `sealgate_conformance_${randomBytes(6).toString('hex')}`
  let client: MongoClient | undefined
  let started: Awaited<ReturnType<ServerUnderTest['start']>> | undefined
  let collections = 0
  const connected = (): MongoClient => {
    if (client === undefined) throw new Error('not connected')
    return client
  }
  beforeAll(async () => {
    started = await server.start()
    client = await MongoClient.connect(started.uri)
  })
  afterAll(async () => {
    await client?.db(name).dropDatabase()
    await client?.close()
    await started?.close()
  })
  return {
    db: () => connected().db(name),
    client: connected,
    uri: () => started?.uri ?? '',
    async collection(documents = []) {
      const collection = connected().db(name).collection(`c${++collections}`)
      if (documents.length > 0) await collection.insertMany(documents.map((document) => ({ ...document })))
      return collection
    },
    check(title, run) {
      const gap = Object.keys(server.gaps).find((lack) => server.gaps[lack]?.includes(title))
      if (gap === undefined) it(title, run)
      else it.failing(`${title} (a gap of this server: ${gap})`, run)
    },
  }
}
