import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize, type Document, serialize } from 'bson'
import { answerRequest } from '../../../src/embedded-mongodb/commands/answer-request.ts'
import { createEngine, type Engine } from '../../../src/embedded-mongodb/engine.ts'
import { expireDocuments } from '../../../src/embedded-mongodb/expire-documents.ts'
import { Store } from '../../../src/embedded-mongodb/storage/store.ts'
import { parseWireMessage } from '../../../src/embedded-mongodb/wire/wire-message.ts'
import { encodeWireRequest } from '../../../src/embedded-mongodb/wire/wire-message.ts'

function batchOf(answer: Document): unknown {
  return (answer.cursor as Document).firstBatch as unknown
}

describe('the engine of the embedded MongoDB server', () => {
  let folder: string
  let store: Store
  let engine: Engine

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealgate-engine-'))
    store = new Store(folder)
    engine = createEngine(store)
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })

  const run = async (command: Document): Promise<Document> => {
    const request = parseWireMessage(encodeWireRequest(Buffer.from(serialize({ ...command, $db: 'd' }))))
    return deserialize(await answerRequest(engine, 1, request))
  }
  const ids = async (): Promise<unknown> => (await run({ distinct: 'c', key: '_id' })).values as unknown

  it('removes documents whose date is older than their TTL index allows', async () => {
    await run({ createIndexes: 'c', indexes: [{ key: { at: 1 }, name: 'at', expireAfterSeconds: 60 }] })
    const documents = [
      { _id: 1, at: new Date(Date.now() - 61_000) },
      { _id: 2, at: new Date() },
      { _id: 3, at: 'no date' },
      { _id: 4 },
    ]
    await run({ insert: 'c', documents })
    await expireDocuments(engine)
    expect(await ids()).toEqual([2, 3, 4])
  })

  it('undoes a transaction in which something broke, and goes on', async () => {
    await run({ insert: 'c', documents: [{ _id: 1 }] })
    const beside = run({ insert: 'c', documents: [{ _id: 2 }] })
    const broken = store.write(() => {
      engine.catalog.open('d', 'other')
      throw new TypeError('broken')
    })
    await expect(broken).rejects.toThrow('broken')
    expect(await beside).toMatchObject({ ok: 0 })
    expect(engine.catalog.find('d', 'other')).toBeUndefined()
    expect(await run({ insert: 'c', documents: [{ _id: 3 }] })).toMatchObject({ ok: 1, n: 1 })
    expect(await ids()).toEqual([1, 3])
    expect(await run({ count: 'c' })).toMatchObject({ n: 2 })
  })

  it('keeps values apart that are longer than a key may be', async () => {
    const long = (end: string): string => 'x'.repeat(3000) + end
    await run({ createIndexes: 'c', indexes: [{ key: { v: 1 }, name: 'v', unique: true }] })
    await run({ insert: 'c', documents: ['b', 'c', 'a'].map((end) => ({ _id: long(end), v: long(end) })) })
    const found = await run({ find: 'c', filter: { v: long('c') } })
    expect(batchOf(found)).toHaveLength(1)
    const sorted = await run({
      find: 'c',
      filter: { v: { $gt: long('a') } },
      sort: { v: -1 },
      projection: { v: 1, _id: 0 },
    })
    expect(batchOf(sorted)).toEqual([{ v: long('c') }, { v: long('b') }])
    const duplicate = await run({ insert: 'c', documents: [{ v: long('a') }] })
    expect(duplicate.writeErrors).toEqual([expect.objectContaining({ code: 11000 })])
    const byId = await run({ find: 'c', filter: {}, sort: { _id: 1 }, projection: { _id: 1 } })
    expect(batchOf(byId)).toEqual(['a', 'b', 'c'].map((end) => ({ _id: long(end) })))
  })

  it('frees the space of a dropped collection', async () => {
    const documents = Array.from({ length: 3000 }, (_, i) => ({ _id: i, v: 'x'.repeat(500) }))
    await run({ insert: 'c', documents })
    await run({ drop: 'c' })
    await engine.catalog.sweep()
    const before = store.storedBytes
    await run({ insert: 'c', documents })
    expect(store.storedBytes).toBeLessThan(before * 1.3)
  })

  it.each([
    ['$where', { find: 'c', filter: { $where: 'true' } }],
    ['$text', { find: 'c', filter: { $text: { $search: 'x' } } }],
    ['a collation', { find: 'c', filter: {}, collation: { locale: 'en' } }],
    ['a tailable cursor', { find: 'c', filter: {}, tailable: true }],
    ['$merge', { aggregate: 'c', pipeline: [{ $merge: 'x' }], cursor: {} }],
    ['$out', { aggregate: 'c', pipeline: [{ $out: 'x' }], cursor: {} }],
    ['$function', { aggregate: 'c', pipeline: [{ $project: { a: { $function: {} } } }], cursor: {} }],
    ['a text index', { createIndexes: 'c', indexes: [{ key: { a: 'text' }, name: 'a' }] }],
    ['a capped collection', { create: 'k', capped: true, size: 10 }],
    ['a validator', { create: 'k', validator: { a: 1 } }],
    ['a change stream', { aggregate: 'c', pipeline: [{ $changeStream: {} }], cursor: {} }],
  ])('refuses %s by name', async (_title, command) => {
    await run({ insert: 'c', documents: [{ _id: 1, a: 1 }] })
    const answer = await run(command)
    expect(answer.ok).toBe(0)
    expect(answer.codeName).toMatch(/CommandNotSupported|InvalidPipelineOperator|ChangeStreamUnsupported/)
  })

  it('refuses to compute with numbers that it would round', async () => {
    const { Decimal128, Long } = await import('bson')
    await run({
      insert: 'c',
      documents: [{ _id: 1, d: Decimal128.fromString('0.1'), l: Long.MAX_VALUE, n: 1 }],
    })
    const compute = (field: string): Promise<Document> =>
      run({ aggregate: 'c', pipeline: [{ $project: { v: { $add: [field, 1] } } }], cursor: {} })
    expect(await compute('$d')).toMatchObject({ ok: 0, codeName: 'CommandNotSupported' })
    expect(await compute('$l')).toMatchObject({ ok: 0, codeName: 'CommandNotSupported' })
    expect(batchOf(await compute('$n'))).toEqual([{ _id: 1, v: 2 }])
  })
})
