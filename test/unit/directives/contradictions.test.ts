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
