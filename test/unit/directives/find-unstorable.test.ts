import { describe, expect, it } from '@jest/globals'

import { findUnstorable } from '../../../src/directives/find-unstorable.ts'

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) value = [value]
  return value
}

describe('a value that is stored as it is', () => {
  it.each([
    ['text with half a character', 'a\ud800'],
    ['such text in a list', ['\udc00']],
    ['such text as a key', { '\ud800': 1 }],
    ['an infinite number, which JSON text can name as 1e400', { n: JSON.parse('1e400') as number }],
    ['a key with a dollar in front', { a: [{ $gt: '' }] }],
    ['a key with a dot', { 'a.b': 1 }],
    ['a key with NUL', { 'a\0': 1 }],
    ['the mark of the objects of the database driver', { a: { _bsontype: 'ObjectId' } }],
    ['a key that names the prototype', JSON.parse('{"a":{"__proto__":{}}}') as object],
    ['more levels than a document may have', nested(70)],
  ])('is refused: %s', (_name, value) => {
    expect(findUnstorable(value)).toMatch(/^(must|has) /)
  })

  it.each([
    ['text', ''],
    ['a date', new Date(0)],
    ['a big integer', 1n],
    ['null', null],
    ['keys that only look odd', { '': 1, constructor: 2, _id: 3, a$: 4, length: 5, toJSON: 6 }],
    ['sixty levels', nested(60)],
  ])('is taken: %s', (_name, value) => {
    expect(findUnstorable(value)).toBeUndefined()
  })
})
