import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from '@jest/globals'
import ts from 'typescript'

import { readPaper, readTable } from '../support/markdown.ts'

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const source = fileURLToPath(new URL('../../src', import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)
const imports = files.flatMap(readImports)

function readImports(from: string): readonly Import[] {
  const text = readFileSync(join(source, from), 'utf8')
  return ts.createSourceFile(from, text, ts.ScriptTarget.ESNext).statements.flatMap((statement): Import[] => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return []
    const module = statement.moduleSpecifier
    if (module === undefined || !ts.isStringLiteral(module) || !module.text.startsWith('.')) return []
    const to = relative(source, join(source, dirname(from), module.text))
    return [{ from, to, typeOnly: isTypeOnly(statement) }]
  })
}

function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly
  const clause = statement.importClause
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const named = clause.namedBindings
  return (
    clause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.every((element) => element.isTypeOnly)
  )
}

const list = (cell = ''): readonly string[] => cell.split(', ').filter((name) => name !== '')
const table = readTable(readPaper('docs/architecture.md'), ['folder', 'may import', 'and, as types only'])
const rights = new Map(
  table.map(([folder = '', all, types]) => [
    folder.replaceAll('`', ''),
    { all: list(all), types: list(types) },
  ]),
)

const folderOf = (file: string): string => file.split('/')[0] ?? ''

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const [folder, target] = [folderOf(from), folderOf(to)]
  if (folder === target || to === 'errors.ts' || from === 'index.ts') return true
  const right = rights.get(folder)
  if (right === undefined) return false
  const named = right.all.includes(target) || right.all.includes(to.replace(/\.ts$/, ''))
  return named || (typeOnly && right.types.includes(target))
}

function findCycle(file: string, path: readonly string[], done: Set<string>): readonly string[] | undefined {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
  if (done.has(file)) return undefined
  for (const { from, to, typeOnly } of imports) {
    const cycle = from === file && !typeOnly ? findCycle(to, [...path, file], done) : undefined
    if (cycle !== undefined) return cycle
  }
  done.add(file)
  return undefined
}

test('docs/architecture.md has a row for each folder of src, and for no other', () => {
  const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect([...rights.keys()].sort()).toEqual(folders.map(({ name }) => name).sort())
})

test('no file imports from a folder that its own may not import from', () => {
  expect(imports.length).toBeGreaterThan(500)
  expect(imports.filter((one) => !isAllowed(one))).toEqual([])
})

test('no files import each other in a circle', () => {
  const done = new Set<string>()
  expect(files.map((file) => findCycle(file, [], done)).filter((cycle) => cycle !== undefined)).toEqual([])
})
