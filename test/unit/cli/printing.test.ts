import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'

import { checkClock } from '../../../src/cli/doctor/check-clock.ts'
import { printable } from '../../../src/cli/printable.ts'
import { renderTable } from '../../../src/cli/table.ts'
import { parseLifetime } from '../../../src/cli/token/parse-lifetime.ts'

describe('a value for people', () => {
  test('is one line without anything that a terminal acts on, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/)
        expect(JSON.parse(printable(text))).toBe(text)
      }),
    )
  })

  test.each([
    [undefined, 'null'],
    [10n ** 18n, '"1000000000000000000"'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['\u001b[31mred', '"\\u001b[31mred"'],
    ['a\u202eb', '"a\\u202eb"'],
  ])('%p is printed as %p', (value, printed) => {
    expect(printable(value)).toBe(printed)
  })
})

test('a table pads every column but the last, and does not count colours', () => {
  const table = renderTable(
    ['a', 'b'],
    [
      ['\u001b[31mlong\u001b[39m', 'x'],
      ['é', 'y'],
    ],
  )
  expect(table.split('\n')).toEqual(['  a     b', '  \u001b[31mlong\u001b[39m  x', '  é     y'])
})

test.each([
  ['90s', 90],
  ['15m', 900],
  ['1h', 3_600],
  ['366d', 31_622_400],
])('%s is %d seconds', (text, seconds) => {
  expect(parseLifetime(text)).toBe(seconds)
})

test.each(['', '1', 'h', '0h', '-1h', '1.5h', '1h30m', '367d', '999999999d', '1H'])(
  '%j is no lifetime',
  (text) => {
    expect(() => parseLifetime(text)).toThrow()
  },
)

describe('the clock of a server', () => {
  const asked = 1_000_000
  const answered = asked + 400

  test('does not differ while its time can lie between question and answer', () => {
    for (const theirs of [asked, asked + 200, answered])
      expect(checkClock('Database', theirs, asked, answered)).toMatchObject({
        state: 'ok',
        detail: 'differs by 0.0 s',
      })
    // Told in whole seconds, 999,000 is any time up to a second later.
    expect(checkClock('Vault', asked - 600, asked, answered, 1_000).detail).toBe('differs by 0.0 s')
  })

  test('is a warning when it is more than five seconds ahead or behind', () => {
    expect(checkClock('Database', answered + 6_000, asked, answered)).toMatchObject({
      state: 'warning',
      detail: 'differs by 6.0 s',
    })
    expect(checkClock('Database', asked - 6_001, asked, answered)).toMatchObject({
      state: 'warning',
      detail: 'differs by -6.0 s',
    })
    expect(checkClock('Database', answered + 4_000, asked, answered).state).toBe('ok')
  })
})
