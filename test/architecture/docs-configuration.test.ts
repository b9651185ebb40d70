import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from '@jest/globals'

import { ownVariables } from '../../src/config/unread-variables.ts'
import { readPaper, readTable } from '../support/markdown.ts'

const folder = new URL('../../src/config/', import.meta.url)
const code = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'))

const stated = readTable(readPaper('README.md'), ['variable', 'default', 'what']).map(([name]) => name)

test('the README has a row for each variable that the configuration reads, and for no other', () => {
  const read = code.flatMap((text) => [
    ...text.matchAll(/'(NODE_ENV|(?:SEALGATE|VAULT|MONGODB|REDIS|AWS|AZURE|GOOGLE)_[A-Z_]+)'/g),
  ])
  const names = [...new Set(read.map(([, name]) => `\`${name ?? ''}\``))]
  expect(names.length).toBeGreaterThan(30)
  expect([...stated].sort()).toEqual(names.sort())
})

test('a start takes the variables of the README, and no other of our name, for what it reads', () => {
  const own = stated.flatMap((name = '') => (name.startsWith('`SEALGATE_') ? [name.slice(1, -1)] : []))
  expect([...ownVariables].sort()).toEqual(own.sort())
})

test('every variable that a message of the configuration names is one that it reads', () => {
  const mentioned = code.flatMap(
    (text) => text.match(/\b(?:SEALGATE|VAULT|MONGODB|REDIS|AWS|AZURE|GOOGLE)_[A-Z_]+\b/g) ?? [],
  )
  expect(mentioned.filter((name) => !stated.includes(`\`${name}\``))).toEqual([])
})
