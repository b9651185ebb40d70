import { describe, expect } from '@jest/globals'
import type { Document } from 'mongodb'
import type { SuiteContext } from './server-under-test.ts'

const orders = [
  { _id: 1, customer: 'a', total: 10, items: ['x', 'y'] },
  { _id: 2, customer: 'b', total: 5, items: [] },
  { _id: 3, customer: 'a', total: 20.5, items: ['y'] },
  { _id: 4, customer: 'c', total: null },
]

type Case = readonly [string, readonly Document[], readonly Document[]]

const shared: readonly Case[] = [
  [
    '$match, $sort, $skip and $limit',
    [
      { $match: { total: { $gt: 1 } } },
      { $sort: { total: -1 } },
      { $skip: 1 },
      { $limit: 1 },
      { $project: { total: 1 } },
    ],
    [{ _id: 1, total: 10 }],
  ],
  ['$count', [{ $match: { customer: 'a' } }, { $count: 'n' }], [{ n: 2 }]],
  [
    '$group with $sum',
    [{ $group: { _id: '$customer', total: { $sum: '$total' }, n: { $sum: 1 } } }, { $sort: { _id: 1 } }],
    [
      { _id: 'a', total: 30.5, n: 2 },
      { _id: 'b', total: 5, n: 1 },
      { _id: 'c', total: 0, n: 1 },
    ],
  ],
  [
    '$unwind',
    [{ $unwind: '$items' }, { $sort: { _id: 1, items: 1 } }, { $project: { items: 1 } }],
    [
      { _id: 1, items: 'x' },
      { _id: 1, items: 'y' },
      { _id: 3, items: 'y' },
    ],
  ],
  [
    '$project by exclusion',
    [{ $match: { _id: 2 } }, { $project: { items: 0, total: 0 } }],
    [{ _id: 2, customer: 'b' }],
  ],
]

const rarer: readonly Case[] = [
  [
    '$group with other accumulators',
    [
      { $sort: { _id: 1 } },
      {
        $group: {
          _id: null,
          avg: { $avg: '$total' },
          min: { $min: '$total' },
          max: { $max: '$total' },
          first: { $first: '$_id' },
          last: { $last: '$_id' },
          all: { $push: '$customer' },
        },
      },
    ],
    [{ _id: null, avg: 35.5 / 3, min: 5, max: 20.5, first: 1, last: 4, all: ['a', 'b', 'a', 'c'] }],
  ],
  [
    '$addFields and computed $project',
    [
      { $match: { _id: 1 } },
      { $addFields: { double: { $multiply: ['$total', 2] }, 'of.customer': '$customer' } },
      {
        $project: {
          _id: 0,
          double: 1,
          of: 1,
          big: { $cond: [{ $gt: ['$total', 5] }, 'yes', 'no'] },
          label: { $concat: ['#', '$customer'] },
        },
      },
    ],
    [{ double: 20, of: { customer: 'a' }, big: 'yes', label: '#a' }],
  ],
  [
    '$replaceRoot, $unset and $sortByCount',
    [
      { $unset: 'total' },
      { $replaceRoot: { newRoot: { c: '$customer' } } },
      { $sortByCount: '$c' },
      { $limit: 1 },
    ],
    [{ _id: 'a', count: 2 }],
  ],
  [
    '$facet',
    [
      {
        $facet: {
          n: [{ $count: 'n' }],
          top: [{ $sort: { total: -1 } }, { $limit: 1 }, { $project: { _id: 1 } }],
        },
      },
    ],
    [{ n: [{ n: 4 }], top: [{ _id: 3 }] }],
  ],
  [
    '$unwind that keeps empty arrays and gives positions',
    [
      { $match: { _id: { $lte: 2 } } },
      { $unwind: { path: '$items', includeArrayIndex: 'at', preserveNullAndEmptyArrays: true } },
      { $sort: { _id: 1, at: 1 } },
      { $project: { items: 1, at: 1 } },
    ],
    [
      { _id: 1, items: 'x', at: 0 },
      { _id: 1, items: 'y', at: 1 },
      { _id: 2, at: null },
    ],
  ],
]

/** What pipelines compute. */
export function describeAggregation({ collection, check, db }: SuiteContext): void {
  describe('aggregation', () => {
    const run = async (stages: readonly Document[], expected: readonly Document[]): Promise<void> => {
      const c = await collection(orders)
      expect(await c.aggregate([...stages]).toArray()).toEqual(expected)
    }

    for (const [title, stages, expected] of shared)
      check(`computes ${title}`, async () => {
        await run(stages, expected)
      })
    for (const [title, stages, expected] of rarer) {
      check(`computes ${title}`, () => run(stages, expected))
    }

    check('joins by $lookup', async () => {
      const c = await collection(orders)
      const customers = await collection([
        { _id: 'a', name: 'Ada' },
        { _id: 'b', name: 'Bob' },
      ])
      const from = customers.collectionName
      const stage = { $lookup: { from, localField: 'customer', foreignField: '_id', as: 'who' } }
      const joined = await c
        .aggregate([{ $match: { _id: { $gte: 3 } } }, { $sort: { _id: 1 } }, stage, { $project: { who: 1 } }])
        .toArray()
      expect(joined).toEqual([
        { _id: 3, who: [{ _id: 'a', name: 'Ada' }] },
        { _id: 4, who: [] },
      ])
    })

    check('counts an empty and a missing collection', async () => {
      expect(await (await collection()).countDocuments()).toBe(0)
      expect(await db().collection('never').countDocuments({ a: 1 })).toBe(0)
      expect(await db().collection('never').find().toArray()).toEqual([])
    })

    check('refuses a stage it does not know', async () => {
      const c = await collection(orders)
      await expect(c.aggregate([{ $nope: 1 }]).toArray()).rejects.toThrow()
    })
  })
}
