import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { masks } from '../../../src/masking/index.ts'
import type { Mask } from '../../../src/masking/index.ts'

const page = readFileSync(new URL('../../../docs/masking.md', import.meta.url), 'utf8')

const rows = page
  .split('\n')
  .filter((line) => /^\| [A-Z]/.test(line))
  .map((line) => line.split('|').slice(1, -1))
  .map((cells) => cells.map((cell) => cell.trim()))

test('docs/masking.md has one row for each style, saying what the code says', () => {
  const stated = Object.entries<Mask>(masks).map(([style, { examples, reveals, scalars, fallback }]) => [
    style,
    examples.map(({ value }) => `\`${String(value)}\``).join('<br>'),
    examples.map(({ masked }) => `\`${String(masked)}\``).join('<br>'),
    reveals,
    scalars.join(', '),
    fallback === undefined ? 'none' : `\`${String(fallback)}\``,
  ])
  expect(rows).toEqual(stated)
})
