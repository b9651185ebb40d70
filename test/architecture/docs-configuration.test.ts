import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from '@jest/globals'

import { readPaper, readTable } from '../support/markdown.ts'

const folder = new URL('../../src/config/', import.meta.url)
const code = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'))

test('the README has a row for each variable that the configuration reads, and for no other', () => {
  const read = code.flatMap((text) => [
    ...text.matchAll(/\b(?:read\.\w+|credentialFile)\((?:read, )?'(\w+)'/g),
  ])
  const stated = readTable(readPaper('README.md'), ['variable', 'default', 'what'])
  const names = [...new Set(read.map(([, name]) => name))].sort()
  expect(names.length).toBeGreaterThan(30)
  expect(stated.map(([variable]) => variable?.replaceAll('`', '')).sort()).toEqual(names)
})

test('every variable that the configuration names is one that it reads', () => {
  const mentioned = code.flatMap((text) => text.match(/\b(?:SEALGATE|VAULT|MONGODB)_[A-Z_]+\b/g) ?? [])
  const stated = new Set(
    readTable(readPaper('README.md'), ['variable', 'default', 'what']).map(([variable]) => variable),
  )
  expect([...new Set(mentioned)].filter((name) => !stated.has(`\`${name}\``))).toEqual([])
})
