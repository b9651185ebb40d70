import { describe, expect, test } from '@jest/globals'

import { SealedField } from '../../../src/crypto/sealed-field.ts'
import { indexedWriteMs } from '../../../src/crypto/state-bound.ts'
import { protectedPaths } from '../../../src/directives/protected-paths.ts'
import { toStoredField } from '../../../src/storage/stored-field.ts'
import { judgeCommand } from '../../../src/storage/write-guard.ts'
import { readTestPolicies } from '../../support/read-test-policies.ts'

const policies = readTestPolicies(`
  type Person @model(collection: "people") @access(read: ["role:ADMIN"], write: ["role:ADMIN"]) {
    id: ID!
    secret: String @encrypted
  }
`)
const paths = new Map(
  [...policies.models.values()].map((model) => [model.collection, protectedPaths(model, policies)]),
)

const judge = (database: string, command: Record<string, unknown>) => () => {
  judgeCommand({ database, name: Object.keys(command)[0] ?? '', command }, { name: 'guarded', paths })
}

describe('what a driver or server of another version could send', () => {
  test.each([
    ['a bulk write of the client, which runs on admin', 'admin', { bulkWrite: 1, ops: [], nsInfo: [] }],
    ['a command that is not known', 'guarded', { insertFast: 'people', documents: [] }],
    ['a command that is not known, elsewhere', 'admin', { copyDatabase: 1, todb: 'guarded' }],
    ['documents that are no list', 'guarded', { insert: 'people', documents: { 0: { secret: 'x' } } }],
    ['updates that are no list', 'guarded', { update: 'people' }],
    ['a pipeline that is no list', 'guarded', { aggregate: 'people', pipeline: { 0: { $out: 'people' } } }],
    [
      'a target of a pipeline that is no name',
      'guarded',
      { aggregate: 1, pipeline: [{ $merge: { into: 7 } }] },
    ],
    ['a target in another form', 'guarded', { aggregate: 1, pipeline: [{ $out: { s3: 'people' } }] }],
    ['both targets in one stage', 'guarded', { aggregate: 1, pipeline: [{ $out: 'x', $merge: 'people' }] }],
  ])('%s is refused', (_what, database, command) => {
    expect(judge(database, command)).toThrow(expect.objectContaining({ code: 'WRITE_REFUSED' }))
  })

  test.each([
    [
      'a write to a collection without protected paths',
      'guarded',
      { insert: 'logs', documents: [{ secret: 'x' }] },
    ],
    [
      'a write to a collection of that name in another database',
      'keys',
      { insert: 'people', documents: [{ secret: 'x' }] },
    ],
    [
      'a pipeline into a collection without protected paths',
      'guarded',
      { aggregate: 'logs', pipeline: [{ $out: 'old' }] },
    ],
    ['a search', 'guarded', { find: 'people', filter: { secret: 'x' } }],
    ['the removal of a document', 'guarded', { findAndModify: 'people', query: { _id: 'x' }, remove: true }],
  ])('%s passes', (_what, database, command) => {
    expect(judge(database, command)).not.toThrow()
  })
})

test('a value whose index terms were made too long ago does not leave any more: its keys may be others by now', () => {
  const write = (age: number) => {
    const origin = { collection: 'people', path: 'secret', id: 'x', indexedAt: performance.now() - age }
    const parts = { ciphertext: Buffer.alloc(60), masks: {}, terms: { t0: Buffer.alloc(32) } }
    const secret = toStoredField(new SealedField(origin, parts))
    return { insert: 'people', documents: [{ _id: 'x', secret }] }
  }
  expect(judge('guarded', write(indexedWriteMs / 2))).not.toThrow()
  expect(judge('guarded', write(indexedWriteMs + 1))).toThrow(
    expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }),
  )
})
