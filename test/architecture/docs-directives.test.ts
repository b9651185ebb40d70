import { readFileSync } from 'node:fs'

import { expect, test } from '@jest/globals'
import type { GraphQLEnumType } from 'graphql'
import {
  astFromValue,
  buildSchema,
  type GraphQLArgument,
  type GraphQLDirective,
  isEnumType,
  isNonNullType,
  isSpecifiedDirective,
  print,
} from 'graphql'

import { readPaper, readTable } from '../support/markdown.ts'

const sdl = readFileSync(new URL('../../schema/directives.graphql', import.meta.url), 'utf8')
const schema = buildSchema(`${sdl}\ntype Query { ready: Boolean }`)
const directives = schema.getDirectives().filter((directive) => !isSpecifiedDirective(directive))
const page = readPaper('docs/directives.md')
const sections = new Map(
  page
    .split(/^### @/m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text]),
)

const places: Readonly<Record<string, string>> = { OBJECT: 'types', FIELD_DEFINITION: 'fields' }

function placesOf({ locations, isRepeatable }: GraphQLDirective): string {
  const names = locations
    .map((location) => places[location] ?? location)
    .sort((one, other) => (one > other ? -1 : 1))
  return `On ${names.join(' and ')}${isRepeatable ? ', repeatable' : ''}. `
}

function defaultOf({ type, defaultValue }: GraphQLArgument): string {
  const value = defaultValue === undefined ? undefined : astFromValue(defaultValue, type)
  if (value != null) return `\`${print(value)}\``
  return isNonNullType(type) ? 'needed' : ''
}

test('docs/directives.md has a section for each directive, and for no other', () => {
  expect([...sections.keys()].sort()).toEqual(directives.map(({ name }) => name).sort())
})

test.each(directives.map((directive) => [directive.name, directive] as const))(
  'docs/directives.md says where @%s goes, and each argument with its type and default',
  (name, directive) => {
    const section = sections.get(name) ?? ''
    expect(section.split('\n')[2]?.startsWith(placesOf(directive).trimEnd())).toBe(true)
    const stated = readTable(section, ['argument', 'type', 'default', 'effect'])
    expect(stated.map((cells) => cells.slice(0, 3))).toEqual(
      directive.args.map((argument) => [
        `\`${argument.name}\``,
        `\`${String(argument.type)}\``,
        defaultOf(argument),
      ]),
    )
    expect(stated.every((cells) => cells[3] !== '')).toBe(true)
  },
)

test('docs/directives.md names the values of each enum but the styles, which docs/masking.md has', () => {
  let current = ''
  const stated = readTable(page, ['enum', 'value', 'meaning']).map(([name, value]) => {
    current = name === '' ? current : (name ?? '')
    return `${current} ${value ?? ''}`
  })
  const enums = Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLEnumType =>
      isEnumType(type) && !type.name.startsWith('__') && type.name !== 'MaskStyle',
  )
  const defined = enums.flatMap((type) =>
    type.getValues().map((value) => `\`${type.name}\` \`${value.name}\``),
  )
  expect([...stated].sort()).toEqual(defined.sort())
})
