import { describe, expect, it } from '@jest/globals'

import type { Decisions } from '../../../src/directives/decisions.ts'
import { draftUpdate } from '../../../src/directives/draft-document.ts'
import { readTestPolicies } from '../../support/read-test-policies.ts'

const policies = readTestPolicies(`
  type Item @model @access(read: ["role:ADMIN"], write: ["role:ADMIN"]) {
    id: ID!
    dataType: String @stored(as: "type")
    value: String @encrypted @format(as: LUHN, when: "dataType", is: "card_number")
  }
`)
const model = policies.models.get('Item')
const decisions: Decisions = {
  subject: undefined,
  tenant: 'default',
  rows: () => 'all',
  field: () => ({ own: { state: 'clear' }, other: { state: 'clear' } }),
  input: () => 'all',
  verify: () => 'all',
  write: () => true,
}

function update(input: Record<string, unknown>, type: string, value: unknown = {}) {
  if (model === undefined) throw new Error('no model')
  const current = { _id: 'a', _tenant: 'default', _subject: 'a', _revision: 1, type, value }
  return () => draftUpdate({ policies, model, decisions, input, at: 'input' }, current)
}

describe('a format that depends on another field', () => {
  it('holds where that field is given', () => {
    expect(update({ dataType: 'card_number', value: '1' }, 'note')).toThrow(/^input\.value must be a number/)
    expect(update({ dataType: 'note', value: '1' }, 'card_number')).not.toThrow()
  })

  it('holds where that field stays as it is stored', () => {
    expect(update({ value: '1' }, 'card_number')).toThrow(/^input\.value must be a number/)
    expect(update({ value: '4111111111111111' }, 'card_number')).not.toThrow()
    expect(update({ value: '1' }, 'note')).not.toThrow()
  })

  it('asks for the value again where that field alone would bring it under the format', () => {
    expect(update({ dataType: 'card_number' }, 'note')).toThrow(/^input\.value must be given again/)
    expect(update({ dataType: 'card_number' }, 'card_number')).not.toThrow()
    expect(update({ dataType: 'card_number' }, 'note', null)).not.toThrow()
  })

  it('cannot depend on a field that is not stored in clear', () => {
    const sdl = `
      type Item @model @access(read: ["role:ADMIN"]) {
        id: ID! kind: String @encrypted value: String @format(as: LUHN, when: "kind", is: "card")
      }`
    expect(() => readTestPolicies(sdl)).toThrow(/Item\.value: @format looks at "kind"/)
  })
})
