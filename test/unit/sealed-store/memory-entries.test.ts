import { expect, test } from '@jest/globals'

import { createMemoryEntries } from '../../../src/sealed-store/memory-entries.ts'
import { describeSealedEntries } from '../../suites/sealed-entries.suite.ts'

describeSealedEntries('memory', () => Promise.resolve(createMemoryEntries()))

test('memory is bounded: what was used longest ago goes first, and what is larger than all of it is not kept', async () => {
  const entries = createMemoryEntries({ maxBytes: 3_500 })
  for (const name of ['a', 'b', 'c']) await entries.set(name, Buffer.alloc(1_000), 60_000)
  await entries.get('a')
  await entries.set('d', Buffer.alloc(1_000), 60_000)
  await entries.set('e', Buffer.alloc(4_000), 60_000)
  const kept = await Promise.all(
    ['a', 'b', 'c', 'd', 'e'].map(async (name) => (await entries.get(name))?.length),
  )
  expect(kept).toEqual([1_000, undefined, 1_000, 1_000, undefined])
})
