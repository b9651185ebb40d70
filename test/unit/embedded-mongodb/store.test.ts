import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Store } from '../../../src/embedded-mongodb/storage/store.ts'

describe('the store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-store-'))
  let store: Store

  beforeAll(async () => {
    store = new Store(folder)
    await store.write(() => {
      for (let i = 0; i < 10; i++) store.put(Buffer.of(1, i), Buffer.of(i))
    })
  })
  afterAll(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })

  it.each([
    [0, 0],
    [1, 1],
    [3, 3],
    [4, 4],
    [5, 4],
    [1_000, 4],
  ])('counts the keys of a range no further than %i', (limit, count) => {
    expect(store.countUpTo({ low: Buffer.of(1, 3), high: Buffer.of(1, 7) }, limit)).toBe(count)
  })
})
