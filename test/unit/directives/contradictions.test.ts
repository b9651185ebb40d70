import { describe, expect, it } from '@jest/globals'

import { readTestPolicies } from '../../support/read-test-policies.ts'

const thing = (fields: string): string =>
  `type Thing @model @access(read: ["role:ADMIN"]) { id: ID! ${fields} }`

describe('a schema whose fields contradict each other', () => {
  it('is refused when an embedded type holds itself, directly or through another', () => {
    const direct = `${thing('parts: [Part!]')} type Part @embedded { parts: [Part!] }`
    expect(() => readTestPolicies(direct)).toThrow(/Part holds itself/)
    const around = `${thing('a: A')} type A @embedded { b: B } type B @embedded { a: A }`
    expect(() => readTestPolicies(around)).toThrow(/A holds itself[^]*B holds itself/)
  })

  it('is taken when one embedded type stands in several places', () => {
    const sdl = `${thing('one: Part two: [Part!] box: Box')} type Box @embedded { part: Part } type Part @embedded { n: Int }`
    expect(() => readTestPolicies(sdl)).not.toThrow()
  })

  it('is refused when two fields of an embedded type are stored under one name', () => {
    const sdl = `${thing('part: Part')} type Part @embedded { a: Int b: Int @stored(as: "a") }`
    expect(() => readTestPolicies(sdl)).toThrow(/Part: two fields are stored as "a"/)
  })

  it('is refused when a format stands on anything but text', () => {
    expect(() => readTestPolicies(thing('n: Int @format(as: LUHN)'))).toThrow(
      /Thing\.n: @format is for String/,
    )
    expect(() => readTestPolicies(thing('n: [String!] @format(as: LUHN)'))).not.toThrow()
  })

  it('has the values of enums that it extends', () => {
    const sdl = `${thing('e: E')} enum E { A } extend enum E { B }`
    const field = readTestPolicies(sdl).models.get('Thing')?.fields[1]
    expect(field?.type).toMatchObject({ kind: 'enum', values: ['A', 'B'] })
  })
})

describe('a model that belongs to a person', () => {
  const letter = (fields: string): string =>
    `type Person @model @access(read: ["owner"]) { id: ID! name: String @encrypted }
     type Letter @model @access(read: ["owner"]) { ${fields} to: Person @relation(field: "toId") toId: ID }`

  it('is taken when it says whose it is, also that it is nobody but its own', () => {
    for (const sdl of [
      letter('id: ID! text: String @encrypted').replace('toId: ID', 'toId: ID! @subject'),
      letter('id: ID! @subject text: String @encrypted'),
      letter('id: ID! text: String'),
    ]) {
      expect(() => readTestPolicies(sdl)).not.toThrow()
    }
    expect(() => readTestPolicies(letter('id: ID! text: String @encrypted'))).toThrow(/belong to a Person/)
  })

  it('is its own subject where its id is marked as that', () => {
    const { models } = readTestPolicies(letter('id: ID! @subject text: String @encrypted'))
    expect(models.get('Letter')?.subject).toBeUndefined()
  })
})
