import { expect, test } from '@jest/globals'

import { listPapers, readPaper } from '../support/markdown.ts'

const records = listPapers().filter((paper) => paper.startsWith('docs/decisions/'))

test('decision records are numbered without gaps or doubles', () => {
  const numbers = records.map((record) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(record)?.[1]))
  expect(numbers).toEqual(records.map((_record, index) => index + 1))
})

test.each(records)('%s has the headings of a record, in their order, and something under each', (record) => {
  const [title = '', ...parts] = readPaper(record).split(/^## /m)
  expect(title).toMatch(/^# \S/)
  const headings = parts.map((part) => part.slice(0, part.indexOf('\n')))
  expect(headings).toEqual(['Problem', 'Decision', 'Consequences', 'Security', 'Out of scope'])
  expect(parts.every((part) => part.split('\n').slice(1).join('').trim().length > 40)).toBe(true)
})
