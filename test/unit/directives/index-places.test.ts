import { describe, expect, it } from '@jest/globals'

import { readTestPolicies } from '../../support/read-test-policies.ts'

function read(modelField: string, partField: string): () => void {
  const sdl = `
    type Thing @model @access(read: ["role:ADMIN"]) { id: ID! ${modelField} parts: [Part!] }
    type Part @embedded { ${partField} }`
  return () => readTestPolicies(sdl)
}

describe('indexes of a schema', () => {
  it.each(['searchable: true', 'unique: true'])('refuses @encrypted(%s) inside an embedded type', (how) => {
    expect(read('', `serial: String @encrypted(${how})`)).toThrow(/Part\.serial: only fields of a model/)
  })

  it('refuses @index inside an embedded type', () => {
    expect(read('', 'serial: String @index')).toThrow(/Part\.serial: only fields of a model/)
  })

  it('refuses a unique index on a field that documents may lack', () => {
    expect(read('code: String @index(unique: true)', 'name: String')).toThrow(/Thing\.code: a unique index/)
    expect(read('code: String! @index(unique: true)', 'name: String')).not.toThrow()
  })

  it('takes all of them on the fields of a model', () => {
    const fields = 'kind: String @index mail: String @encrypted(unique: true)'
    expect(read(fields, 'name: String')).not.toThrow()
  })
})
