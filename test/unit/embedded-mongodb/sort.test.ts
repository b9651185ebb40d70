import { describe, expect, it } from '@jest/globals'
import { Sorter, sortMemoryLimit } from '../../../src/embedded-mongodb/query/sort.ts'

describe('the in-memory sort', () => {
  const key = (n: number): Buffer => Buffer.of(n)

  it('is stable', () => {
    const sorter = new Sorter<string>()
    for (const item of ['b1', 'a1', 'b2', 'a2']) sorter.add(Buffer.from(item.slice(0, 1)), item, 1)
    expect(sorter.finish()).toEqual(['a1', 'a2', 'b1', 'b2'])
  })

  it('keeps no more than it was asked for', () => {
    const sorter = new Sorter<number>(3)
    for (let i = 2000; i >= 0; i--) sorter.add(key(i % 256), i, sortMemoryLimit / 1000)
    expect(sorter.finish()).toHaveLength(3)
  })

  it("refuses more than MongoDB's limit, with MongoDB's error", () => {
    const sorter = new Sorter<number>()
    const fill = (): void => {
      for (let i = 0; i < 11; i++) sorter.add(key(i), i, sortMemoryLimit / 10)
    }
    expect(fill).toThrow(expect.objectContaining({ code: 292 }))
  })
})
