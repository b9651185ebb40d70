import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, test } from '@jest/globals'
import { Kind, parse } from 'graphql'

import { masks } from '../../src/masking/index.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const entries = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
const files = entries.filter((entry) => entry.endsWith('.ts'))
const textOf = (file: string): string => readFileSync(join(root, 'src', file), 'utf8')
const filesWith = (pattern: RegExp): readonly string[] => files.filter((file) => pattern.test(textOf(file)))

test('no folder or file of src is named after nothing in particular', () => {
  const vague = /^(utils?|helpers?|commons?|shared|services?|types|misc|lib)(\.ts)?$/
  expect(entries.filter((entry) => entry.split('/').some((part) => vague.test(part)))).toEqual([])
})

test('only src/config reads the environment', () => {
  const readers = filesWith(/\bprocess\s*(\.|\[\s*['"])env\b/)
  expect(readers.filter((file) => !file.startsWith('config/'))).toEqual([])
})

test('nothing but the command line writes to the console, and the audit log where it is asked to', () => {
  expect(filesWith(/\bconsole\s*\./)).toEqual([])
  const writers = filesWith(/process\.(stdout|stderr)\b/).filter((file) => !file.startsWith('cli/'))
  expect(writers).toEqual(['audit/stdout-sink.ts'])
})

test('exports have names', () => {
  expect(filesWith(/^export default\b/m).filter((file) => !file.startsWith('generated/'))).toEqual([])
})

test('no source makes code of text', () => {
  expect(filesWith(/\beval\s*\(|\bnew Function\s*\(|node:vm/)).toEqual([])
})

test('the styles that a schema may name are those of the masking table', () => {
  const words = parse(readFileSync(join(root, 'schema/directives.graphql'), 'utf8'))
  const style = words.definitions.find(
    (definition) => definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'MaskStyle',
  )
  const names = style?.kind === Kind.ENUM_TYPE_DEFINITION ? style.values?.map(({ name }) => name.value) : []
  expect(names).toEqual(Object.keys(masks))
})
