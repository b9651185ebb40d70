import { expect, test } from '@jest/globals'

import { paddedLength } from '../../src/crypto/padding.ts'
import { performanceModes } from '../../src/server/performance-modes.ts'
import { readPaper, readTable } from '../support/markdown.ts'

const columns = [
  'mode',
  'unwrapped data keys are kept',
  'so many',
  'and used so often',
  'values are padded to',
]

test('docs/operations.md states what each performance mode sets', () => {
  const number = (value: number): string => value.toLocaleString('en')
  const rows = Object.entries(performanceModes).map(([mode, { keyCache, padding }]) => [
    `\`${mode}\``,
    `${number(keyCache.ttl / 1_000)} s`,
    number(keyCache.maxKeys),
    number(keyCache.maxUses),
    `${paddedLength(1, padding)} bytes or more`,
  ])
  expect(readTable(readPaper('docs/operations.md'), columns)).toEqual(rows)
})
