/** Tells on standard error how far a bench is; nothing where that is not a terminal but a line per step. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K  … ${text}`)
  else process.stderr.write(`  … ${text}\n`)
}

/** Prints a result on standard output: numbers to the right, text to the left. */
export function printTable(title: string, rows: readonly Readonly<Record<string, string | number>>[]): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K')
  const columns = [...new Set(rows.flatMap(Object.keys))]
  const cells = rows.map((row) => columns.map((column) => row[column] ?? ''))
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((row) => String(row[index]).length)),
  )
  const line = (row: readonly (string | number)[]): string =>
    row
      .map((cell, index) => {
        const width = widths[index] ?? 0
        const isText = index === 0
        return isText ? String(cell).padEnd(width) : String(cell).padStart(width)
      })
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  process.stdout.write(`\n${title}\n\n${[line(columns), rule, ...cells.map(line)].join('\n')}\n`)
}
