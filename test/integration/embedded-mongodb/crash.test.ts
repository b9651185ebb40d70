import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Collection, MongoClient } from 'mongodb'
import { type BuiltEmbeddedMongodb, buildEmbeddedMongodb } from '../../support/built-embedded-mongodb.ts'
import { startEmbeddedMongodbProcess } from '../../support/embedded-mongodb-process.ts'

interface Entry {
  readonly _id: string
  readonly slot: number
  readonly version: number
  readonly tags: readonly string[]
  readonly padding: string
}

/** More rounds with SEALGATE_TEST_CRASH_ROUNDS. */
const rounds = Number(process.env.SEALGATE_TEST_CRASH_ROUNDS ?? 20)
const clients = 6

/** What the server has acknowledged, and what it was asked and may have done when it was killed. */
interface Ledger {
  readonly acknowledged: Map<string, number>
  readonly attempted: Map<string, number>
  readonly removed: Set<string>
  readonly removing: Set<string>
}

async function writeUntilKilled(
  entries: Collection<Entry>,
  ledger: Ledger,
  round: number,
  client: number,
): Promise<void> {
  for (let i = 0; ; i++) {
    const _id = `${round}-${client}-${i}`
    const slot = (round * clients + client) * 1_000_000 + i
    try {
      ledger.attempted.set(_id, 0)
      await entries.insertOne({
        _id,
        slot,
        version: 0,
        tags: [`c${client}`, `i${i % 5}`],
        padding: 'x'.repeat(i % 3000),
      })
      ledger.acknowledged.set(_id, 0)
      if (i % 3 === 0) {
        ledger.attempted.set(_id, 1)
        await entries.updateOne({ slot }, { $inc: { version: 1 }, $push: { tags: 'changed' } })
        ledger.acknowledged.set(_id, 1)
      }
      if (i % 7 === 0) {
        ledger.removing.add(_id)
        await entries.deleteOne({ _id })
        ledger.removed.add(_id)
      }
    } catch {
      return
    }
  }
}

async function checkLedger(entries: Collection<Entry>, ledger: Ledger): Promise<void> {
  const stored = new Map((await entries.find().toArray()).map((entry) => [entry._id, entry]))
  const lost = [...ledger.acknowledged].filter(
    ([id, version]) => !ledger.removing.has(id) && (stored.get(id)?.version ?? -1) < version,
  )
  const invented = [...stored].filter(([id, { version }]) => version > (ledger.attempted.get(id) ?? -1))
  const undead = [...ledger.removed].filter((id) => stored.has(id))
  expect({ lost, invented, undead }).toEqual({ lost: [], invented: [], undead: [] })
}

async function checkIndexes(entries: Collection<Entry>): Promise<void> {
  const ids = async (hint: string, filter: object): Promise<string[]> =>
    (await entries.find(filter, { hint, projection: { _id: 1 } }).toArray()).map(({ _id }) => _id).sort()
  const everything = await ids('_id_', {})
  expect(await entries.estimatedDocumentCount()).toBe(everything.length)
  expect(await ids('slot_1', { slot: { $gte: 0 } })).toEqual(everything)
  for (const tag of ['changed', 'c0', 'i3']) {
    expect(await ids('tags_1', { tags: tag })).toEqual(await ids('_id_', { tags: tag }))
  }
  const first = await entries.findOne({}, { sort: { slot: 1 } })
  if (first === null) return
  await expect(entries.insertOne({ ...first, _id: 'duplicate' })).rejects.toMatchObject({ code: 11000 })
}

describe('embedded MongoDB server, killed', () => {
  let built: BuiltEmbeddedMongodb
  let dataFolder: string

  beforeAll(async () => {
    built = await buildEmbeddedMongodb()
    dataFolder = await mkdtemp(join(tmpdir(), 'sealgate-crash-'))
  }, 120_000)
  afterAll(async () => {
    await built.remove()
    await rm(dataFolder, { recursive: true })
  })

  it(
    `keeps every acknowledged write through ${rounds} kills, with indexes that agree`,
    async () => {
      const ledger: Ledger = {
        acknowledged: new Map(),
        attempted: new Map(),
        removed: new Set(),
        removing: new Set(),
      }
      for (let round = 0; round <= rounds; round++) {
        const server = await startEmbeddedMongodbProcess(built, dataFolder)
        const client = await MongoClient.connect(server.uri, {
          serverSelectionTimeoutMS: 2000,
          retryWrites: false,
        })
        const entries = client.db('crash').collection<Entry>('entries')
        await entries.createIndexes([{ key: { slot: 1 }, unique: true }, { key: { tags: 1 } }])
        await checkLedger(entries, ledger)
        await checkIndexes(entries)
        const writers = Array.from({ length: clients }, (_, i) => writeUntilKilled(entries, ledger, round, i))
        await wait(20 + Math.random() * 250)
        await server.kill()
        await client.close(true)
        await Promise.all(writers)
      }
      expect(ledger.acknowledged.size).toBeGreaterThan(rounds)
    },
    60_000 + rounds * 10_000,
  )
})
