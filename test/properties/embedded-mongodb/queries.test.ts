import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Query } from 'mingo'
import { type Document, type Filter, MongoClient, type WithoutId } from 'mongodb'
import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'

const scalar = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('', 'a', 'ab', 'b'),
  fc.constant(null),
  fc.boolean(),
  fc.constantFrom(new Date(0), new Date(5)),
  fc.constantFrom(0.5, -1.5),
)
const nested = fc.record({ x: scalar, y: scalar }, { requiredKeys: [], noNullPrototype: true })
const document = fc.record(
  {
    a: fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })),
    b: fc.oneof(scalar, nested),
    c: scalar,
    d: fc.array(nested, { maxLength: 3 }),
  },
  { requiredKeys: [], noNullPrototype: true },
)

const comparable = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('a', 'ab'),
  fc.constant(new Date(3)),
)
function conditionOn(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    value,
    value.map(($ne) => ({ $ne })),
    fc.array(value, { minLength: 1, maxLength: 3 }).map(($in) => ({ $in })),
    fc.array(value, { minLength: 1, maxLength: 3 }).map(($nin) => ({ $nin })),
    comparable.map(($gt) => ({ $gt })),
    comparable.map(($lte) => ({ $lte })),
    fc.tuple(comparable, comparable).map(([$gte, $lt]) => ({ $gte, $lt })),
    fc.boolean().map(($exists) => ({ $exists })),
    comparable.map(($gt) => ({ $not: { $gt } })),
  )
}
/** Without null below an array: there mingo overlooks elements that lack the field. */
const clause: fc.Arbitrary<Document> = fc
  .oneof(
    fc.tuple(fc.constantFrom('a', 'b', 'c', 'b.x'), conditionOn(scalar)),
    fc.tuple(fc.constantFrom('d.x', 'd.y'), conditionOn(comparable)),
  )
  .map(([name, value]) => ({ [name]: value }))
const filter: fc.Arbitrary<Document> = fc.oneof(
  clause,
  fc.tuple(clause, clause).map(([left, right]) => ({ ...left, ...right })),
  fc.tuple(clause, clause).map((clauses) => ({ $and: clauses })),
  fc.tuple(clause, clause).map(([one, other]) => ({ ...one, $and: [other] })),
  fc.tuple(clause, clause).map((clauses) => ({ $or: clauses })),
  fc.tuple(clause, clause).map((clauses) => ({ $nor: clauses })),
)

const indexSets = [
  [],
  [{ key: { a: 1 } }, { key: { b: -1 } }, { key: { 'd.x': 1 } }],
  [{ key: { c: 1, a: -1 } }, { key: { 'b.x': 1, c: -1 } }],
  [{ key: { a: 1 }, sparse: true }, { key: { 'd.x': 1, 'd.y': 1 } }, { key: { c: -1 } }],
] as const

describe('queries of the embedded MongoDB server', () => {
  let folder: string
  let server: MongodbServer
  let client: MongoClient

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealgate-properties-'))
    server = await createMongodbServer({ folder })
    client = await MongoClient.connect(server.uri)
  })
  afterAll(async () => {
    await client.close()
    await server.close()
    await rm(folder, { recursive: true })
  })

  it('find what a plain scan finds, whatever indexes there are', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(document, { minLength: 1, maxLength: 12 }),
        fc.array(filter, { minLength: 5, maxLength: 10 }),
        async (documents, filters) => {
          const stored = documents.map((fields, i) => ({ _id: i, ...fields }))
          for (const indexes of indexSets) {
            const c = client.db('properties').collection<{ _id: number }>(`c${++run}`)
            if (indexes.length > 0) await c.createIndexes(indexes.map((index) => ({ ...index })))
            await c.insertMany(stored.map((one) => ({ ...one })))
            for (const one of filters) {
              const found = await c.find(one as Filter<{ _id: number }>).toArray()
              const query = new Query(one)
              const expected = stored.filter((candidate) => query.test(candidate)).map(({ _id }) => _id)
              expect({ filter: one, ids: found.map(({ _id }) => _id).sort((x, y) => x - y) }).toEqual({
                filter: one,
                ids: expected,
              })
            }
            await c.drop()
          }
        },
      ),
      { numRuns: 60 },
    )
  }, 120_000)

  it('come in the same order with an index as without', async () => {
    let run = 0
    const direction = fc.constantFrom<1 | -1>(1, -1)
    await fc.assert(
      fc.asyncProperty(
        fc.array(document, { minLength: 2, maxLength: 15 }),
        clause,
        direction,
        direction,
        fc.integer({ min: 1, max: 6 }),
        async (documents, one, c, b, limit) => {
          const plain = client.db('properties').collection(`plain${++run}`)
          const indexed = client.db('properties').collection(`indexed${run}`)
          await indexed.createIndexes([{ key: { c: 1, 'b.x': -1 } }, { key: { c: -1, 'b.x': -1 } }])
          const stored = documents.map((fields, i): WithoutId<Document> => ({ _id: i, ...fields }))
          await plain.insertMany(stored.map((each) => ({ ...each })))
          await indexed.insertMany(stored.map((each) => ({ ...each })))
          const sort = { c, 'b.x': b, _id: b } as const
          expect(await indexed.find(one).sort(sort).limit(limit).toArray()).toEqual(
            await plain.find(one).sort(sort).limit(limit).toArray(),
          )
          const pair = { c, 'b.x': b } as const
          const keys = (found: Document[]): unknown[] =>
            found.map((each) => [
              (each.c ?? null) as unknown,
              ((each.b as Document | null | undefined)?.x ?? null) as unknown,
            ])
          expect(keys(await indexed.find().sort(pair).toArray())).toEqual(
            keys(await plain.find().sort(pair).toArray()),
          )
          await plain.drop()
          await indexed.drop()
        },
      ),
      { numRuns: 60 },
    )
  }, 120_000)
})
