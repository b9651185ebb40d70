import { describe, expect, test } from '@jest/globals'

import { createKeyTuple, holderId, wrapContext, type KeyHolder } from '../../../src/crypto/key-tuple.ts'

const holder: KeyHolder = { tenant: 'acme', scope: 'SUBJECT', scopeId: 'ana' }

describe('a key tuple', () => {
  test.each<[string, ReturnType<typeof createKeyTuple>]>([
    ['tenant', createKeyTuple({ ...holder, tenant: 'acmf' }, 'PII', 'REVEAL')],
    ['scope', createKeyTuple({ ...holder, scope: 'DOCUMENT' }, 'PII', 'REVEAL')],
    ['scope id', createKeyTuple({ ...holder, scopeId: 'ann' }, 'PII', 'REVEAL')],
    ['key type', createKeyTuple(holder, 'FINANCIAL', 'REVEAL')],
    ['purpose', createKeyTuple(holder, 'PII', 'MASK')],
  ])('of another %s has another name and another wrap context', (_name, other) => {
    const tuple = createKeyTuple(holder, 'PII', 'REVEAL')
    expect(other.name).not.toBe(tuple.name)
    expect(wrapContext(other)).not.toEqual(wrapContext(tuple))
  })

  test('does not let text wander from one part to the next', () => {
    const one = createKeyTuple({ tenant: 'a', scope: 'TENANT', scopeId: 'bc' }, 'PII', 'REVEAL')
    const other = createKeyTuple({ tenant: 'ab', scope: 'TENANT', scopeId: 'c' }, 'PII', 'REVEAL')
    expect(one.name).not.toBe(other.name)
    expect(holderId(one.holder)).not.toEqual(holderId(other.holder))
    expect(wrapContext(one)).not.toEqual(wrapContext(other))
  })

  test('refuses identifiers that UTF-8 cannot tell apart', () => {
    expect(() => holderId({ ...holder, scopeId: 'a\ud800' })).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT' }),
    )
  })
})
