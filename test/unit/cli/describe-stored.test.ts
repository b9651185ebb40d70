import { describe, expect, test } from '@jest/globals'
import { Binary } from 'bson'
import { Source } from 'graphql'

import { findModel } from '../../../src/cli/find-model.ts'
import { describeStored } from '../../../src/cli/inspect/describe-stored.ts'
import { printStored } from '../../../src/cli/inspect/print-stored.ts'
import { layOutCiphertext } from '../../../src/crypto/ciphertext.ts'
import { getSuite } from '../../../src/crypto/suites.ts'
import { parseSchema } from '../../../src/directives/load-schema.ts'
import { readPolicies } from '../../../src/directives/read-policies.ts'
import { isRule, ruleForms } from '../../../src/permissions/rules.ts'

const sdl = `type Person @model @access(read: ["role:ADMIN"]) {
  id: ID!
  town: String
  name: String @encrypted @masked(as: NAME)
  homes: [Home!]
}
type Home @embedded { street: String @encrypted  pin: String @hashed }`

const policies = readPolicies(parseSchema([new Source(sdl, 'person.graphql')]), { isRule, names: ruleForms })
const person = findModel(policies, 'Person')

const keyId = Buffer.alloc(32, 0xab)
const ciphertext = layOutCiphertext(getSuite(2), keyId, Buffer.alloc(24, 1), 64)
const sealed = (): Binary => new Binary(ciphertext, 0x80)

const describeDocument = (document: Record<string, unknown>) => describeStored(document, person, policies)

describe('what is told of a stored document', () => {
  test('the header of ciphertext, its masks and its terms', () => {
    const [name] = describeDocument({
      name: { c: sealed(), m: { NAME: sealed() }, t1: new Binary(Buffer.alloc(32), 0x80) },
    })
    const header = { version: 1, suite: 'XAES-256-GCM', keyId: keyId.toString('hex') }
    expect(name).toMatchObject({
      path: 'name',
      kind: 'encrypted',
      sealed: { ciphertext: { header, bytes: 138 }, masks: { NAME: { header } } },
    })
    expect(name).toHaveProperty('sealed.terms.t1')
  })

  test('paths inside lists, and hashes', () => {
    const paths = describeDocument({
      homes: [
        { _id: 'h1', street: { c: sealed() } },
        { _id: 'h2', pin: { c: sealed() } },
      ],
    })
    expect(paths.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
      'homes[0]._id plain',
      'homes[0].street encrypted',
      'homes[1]._id plain',
      'homes[1].pin hashed',
    ])
  })

  test('that there is nothing', () => {
    expect(describeDocument({ name: null, homes: [] })).toEqual([
      { path: 'name', kind: 'plain', value: null },
      { path: 'homes', kind: 'plain', value: [] },
    ])
  })

  test('bytes in no known format', () => {
    const [name] = describeDocument({ name: { c: new Binary(Buffer.from('short'), 0x80) } })
    expect(name).toMatchObject({ kind: 'encrypted', sealed: { ciphertext: { bytes: 5 } } })
    expect(printStored([name as never], false)).toContain('5 bytes in no known format')
  })

  test('a protected path that holds plaintext, without the plaintext', () => {
    const paths = describeDocument({
      name: 'Ana Pérez',
      homes: [{ _id: 'h1', street: { text: 'Main Street' } }],
    })
    expect(paths.map(({ path, kind }) => `${path} ${kind}`)).toContain('name exposed')
    expect(paths.map(({ path, kind }) => `${path} ${kind}`)).toContain('homes[0].street exposed')
    for (const text of [JSON.stringify(paths), printStored(paths, true)]) {
      expect(text).not.toContain('Ana')
      expect(text).not.toContain('Main Street')
    }
  })

  test('a path that the schema does not have', () => {
    expect(describeDocument({ nick: 'ana' })).toEqual([{ path: 'nick', kind: 'undeclared', value: 'ana' }])
  })
})

test('bytes are printed only when asked for', () => {
  const paths = describeDocument({ name: { c: sealed() } })
  const base64 = ciphertext.toString('base64')
  expect(printStored(paths, false)).not.toContain(base64.slice(0, 40))
  expect(printStored(paths, true)).toContain(base64)
})
