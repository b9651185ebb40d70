import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The text of a paper, by its path in the repository. */
export function readPaper(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The path of every Markdown paper at the top of the repository and in `docs`. */
export function listPapers(): readonly string[] {
  const top = readdirSync(root)
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  return [...top, ...docs.map((file) => join('docs', file))].filter((file) => file.endsWith('.md')).sort()
}

/** The rows of the table under these column headings, cell by cell; empty when there is no such table. */
export function readTable(text: string, columns: readonly string[]): readonly (readonly string[])[] {
  const lines = text.split('\n').map(cellsOf)
  const head = lines.findIndex((cells) => cells?.join('|') === columns.join('|'))
  if (head === -1) return []
  const rows: (readonly string[])[] = []
  for (const cells of lines.slice(head + 2)) {
    if (cells === undefined) break
    rows.push(cells)
  }
  return rows
}

function cellsOf(line: string): readonly string[] | undefined {
  if (!line.startsWith('|')) return undefined
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}
