import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const scalarNames = [
  'ID',
  'String',
  'Int',
  'Float',
  'Boolean',
  'BigInt',
  'Date',
  'DateTime',
  'JSON',
  'Colour',
] as const
export type ScalarName = (typeof scalarNames)[number]

const scopes = ['SUBJECT', 'TENANT', 'MODEL', 'DOCUMENT']
const searchable: readonly string[] = ['ID', 'String', 'Int', 'BigInt', 'Date']

/**
 * A schema folder with a type that has every scalar plain and encrypted, alone and in lists, at the top and in embedded
 * objects: fields `plainInt`, `sealedInt`, `plainIntList`, `sealedIntList`, and the same in `part` and `parts`.
 */
export function writeEveryScalarSchema(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-scalars-'))
  const sdl = [
    'enum Colour { RED GREEN }',
    'extend enum Colour { BLUE }',
    `type Sample @model(collection: "samples") @access(read: ["role:ADMIN"], write: ["role:ADMIN"]) {
      id: ID!
      ${fields(true)}
      part: Part
      parts: [Part]
    }`,
    `type Part @embedded { ${fields(false)} inner: Inner inners: [Inner!] }`,
    `type Inner @embedded { ${fields(false)} }`,
  ]
  writeFileSync(join(folder, 'sample.graphql'), sdl.join('\n\n'))
  return folder
}

function fields(top: boolean): string {
  return scalarNames
    .flatMap((name, index) => {
      const search = top && searchable.includes(name) ? ', searchable: true' : ''
      const scope = scopes[index % scopes.length]
      return [
        `plain${name}: ${name}`,
        `sealed${name}: ${name} @encrypted(scope: ${scope}${search})`,
        `plain${name}List: [${name}]`,
        `sealed${name}List: [${name}] @encrypted(scope: ${scope}, pad: false)`,
      ]
    })
    .join('\n')
}
