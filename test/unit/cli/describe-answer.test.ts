import { expect, test } from '@jest/globals'

import type { Viewer } from '../../../src/auth/viewer.ts'
import { describeAnswer } from '../../../src/cli/get/describe-answer.ts'
import { createDecider } from '../../../src/permissions/decide.ts'
import { readTestPolicies } from '../../support/read-test-policies.ts'

const policies = readTestPolicies(`
type Person @model @access(read: ["role:ADMIN"]) {
  id: ID!
  name: String @encrypted
  nick: String @encrypted(onKeyUnavailable: NULL)
  card: String @encrypted(onKeyUnavailable: MASK) @masked(as: LAST4, reveal: ["role:ADMIN"])
}`)
const viewer: Viewer = {
  kind: 'user',
  id: 'anna',
  tenant: 'default',
  subject: 'anna',
  roles: new Set(['ADMIN']),
  scopes: new Set(),
  expiresAt: undefined,
}

test('tells a null and a mask that stand in for a value from what the viewer is shown otherwise', () => {
  const model = policies.models.get('Person')
  if (model === undefined) throw new TypeError('unreachable')
  const decisions = createDecider(policies)(viewer)
  const path = ['person']
  const seen = describeAnswer(model, 'person', {
    data: { person: { id: '1', name: 'Ana', nick: null, card: '**** 1111' } },
    errors: [],
    standIns: [
      { path: [...path, 'nick'], shown: 'NULL' },
      { path: [...path, 'card'], shown: 'MASK' },
    ],
    decisions,
    policies,
  })
  expect(seen).toEqual([
    { path: 'id', state: 'clear', value: '1' },
    { path: 'name', state: 'clear', value: 'Ana' },
    { path: 'nick', state: 'failed', code: 'KEY_UNAVAILABLE' },
    { path: 'card', state: 'masked', style: 'LAST4', value: '**** 1111' },
  ])
})
