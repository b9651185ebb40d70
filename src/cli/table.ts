import { stripVTControlCharacters, styleText } from 'node:util'

/** Lays out rows in columns. The last column is not padded. */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const styled = headings.map((heading) => styleText('dim', heading))
  const widths = headings.map((_, column) =>
    Math.max(...[headings, ...rows].map((row) => widthOf(row[column] ?? ''))),
  )
  const renderRow = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const padding = column === headings.length - 1 ? 0 : (widths[column] ?? 0) - widthOf(cell)
        return cell + ' '.repeat(padding)
      })
      .join('  ')
      .trimEnd()
  return [styled, ...rows].map((row) => `  ${renderRow(row)}`).join('\n')
}

function widthOf(cell: string): number {
  return Array.from(stripVTControlCharacters(cell)).length
}
