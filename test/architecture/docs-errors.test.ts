import { expect, test } from '@jest/globals'

import { errorCodes } from '../../src/errors.ts'
import { readPaper, readTable } from '../support/markdown.ts'

test('docs/errors.md lists every code of the table with its status, and no other', () => {
  const rows = readTable(readPaper('docs/errors.md'), ['code', 'status', 'when', 'what to do'])
  const listed = rows.map(([code = '', status]) => [code.replaceAll('`', ''), Number(status)])
  const known = Object.entries(errorCodes).map(([code, { httpStatus }]) => [code, httpStatus])
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(known))
  expect(listed).toHaveLength(known.length)
})
