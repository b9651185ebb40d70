import { makeExecutableSchema } from '@graphql-tools/schema'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'graphql'
import mongoose from 'mongoose'

import { anonymous } from '../../../src/auth/viewer.ts'
import { guardLeaves } from '../../../src/directives/guard-leaves.ts'
import { release } from '../../../src/directives/revealed.ts'
import { createDecider } from '../../../src/permissions/decide.ts'
import { scalars } from '../../../src/resolvers/scalars.ts'
import { publicDocument } from '../../../src/server/build-schemas.ts'
import { createExecutor, type ExecutorKind } from '../../../src/server/executor/create-executor.ts'
import { readTestSchema } from '../../support/read-test-policies.ts'

const { document, policies } = readTestSchema(`
  type Person @model @access(read: ["everyone"]) {
    id: ID!
    name: String
    labels: [String]
    extra: JSON
    level: Level
    secret: String @encrypted
    other: String @encrypted
    secrets: [String] @encrypted
    income: Float @access(read: ["everyone"])
    grade: Level @encrypted
    notes: String @access(read: ["everyone"])
    details: JSON @encrypted
  }
  type Place @model @access(read: ["everyone"]) { id: ID! secret: String @encrypted }
  enum Level { LOW HIGH }
`)
const decide = createDecider(policies)
const decisions = decide(anonymous('default'))
const othersDecisions = decide(anonymous('default'))
const field = (name: string, type = 'Person') => {
  const found = policies.models.get(type)?.fields.find((candidate) => candidate.name === name)
  if (found === undefined) throw new Error(name)
  return found
}
const released = (name: string, value: unknown, options: { type?: string; viewer?: unknown } = {}) =>
  release(field(name, options.type), (options.viewer ?? decisions) as typeof decisions, value)

const canary = 'canary-plaintext'
const bytes = Buffer.from(canary)
const binary = new mongoose.mongo.Binary(bytes, 0x80)

/** Resolvers that a careless module could bring, for `Person.<field>`. */
const schemaWith = (name: string, resolve: () => unknown) => {
  const schema = makeExecutableSchema({
    typeDefs: publicDocument(document, policies),
    resolvers: { ...scalars, Query: { person: () => ({ id: 'p' }) }, Person: { [name]: resolve } },
  })
  guardLeaves(schema, policies)
  return schema
}

describe.each<ExecutorKind>(['planned', 'graphql-js'])('under the executor %s', (kind) => {
  const run = (name: string, resolve: () => unknown) =>
    createExecutor({ schema: schemaWith(name, resolve), kind }).execute({
      document: parse(`{ person(id: "p") { id ${name} } }`),
      contextValue: { decisions },
    })

  const misbehaving: Readonly<Record<string, readonly [field: string, value: () => unknown]>> = {
    'a raw value': ['secret', () => canary],
    'a raw value, late': ['secret', () => Promise.resolve(canary)],
    'a raw number': ['income', () => 4929],
    'a raw enum value': ['grade', () => 'HIGH'],
    'a raw list': ['secrets', () => [canary]],
    'a raw value in a released list': ['secrets', () => [released('secrets', 'fine'), canary]],
    'bytes at a protected coordinate': ['secret', () => bytes],
    'a binary at a protected coordinate': ['secret', () => binary],
    'released bytes': ['secret', () => released('secret', bytes)],
    'a released binary': ['notes', () => released('notes', binary)],
    'released bytes inside JSON': ['details', () => released('details', { deep: [{ c: binary }] })],
    'a value released for another field': ['secret', () => released('other', canary)],
    'a value released for another type': ['secret', () => released('secret', canary, { type: 'Place' })],
    'a value released for another viewer': [
      'secret',
      () => released('secret', canary, { viewer: othersDecisions }),
    ],
    'a value released for another viewer, late': [
      'secret',
      () => Promise.resolve(released('secret', canary, { viewer: othersDecisions })),
    ],
    'a value released for another viewer, by a thenable': [
      'secret',
      () => ({
        then: (done: (value: unknown) => void) => {
          done(released('secret', canary, { viewer: othersDecisions }))
        },
      }),
    ],
    'a value released for another viewer in a list': [
      'secrets',
      () => [released('secrets', 'fine'), released('secrets', canary, { viewer: othersDecisions })],
    ],
    'a value released for another viewer in a set': [
      'secrets',
      () => new Set([released('secrets', canary, { viewer: othersDecisions })]),
    ],
    'a value released for nobody': ['secret', () => released('secret', canary, { viewer: {} })],
    'what looks like a released value': [
      'secret',
      () => ({
        field: field('secret'),
        coordinate: 'Person.secret',
        decisions,
        toString: () => canary,
        toJSON: () => canary,
      }),
    ],
    'a copy of a released value': ['secret', () => Object.assign({}, released('secret', canary))],
    'an heir of a released value': [
      'secret',
      () => Object.create(released('secret', canary) as object) as unknown,
    ],
    'a released value at a plain field': ['name', () => released('secret', canary)],
    'a released value in a plain list': ['labels', () => ['fine', released('secret', canary)]],
    'a released value at a plain enum': ['level', () => released('grade', 'HIGH')],
    'bytes at a plain field': ['name', () => bytes],
    'a binary at a plain field': ['name', () => binary],
    'a stored field at a plain field': ['extra', () => ({ c: binary })],
    'bytes inside plain JSON': ['extra', () => ({ deep: [{ deeper: new Uint8Array(bytes) }] })],
    'a released value inside plain JSON': ['extra', () => ({ deep: [released('secret', canary)] })],
    'an array buffer inside plain JSON': ['extra', () => ({ deep: new Uint8Array(bytes).buffer })],
  }

  test.each(Object.keys(misbehaving))('%s is refused, and its siblings are answered', async (name) => {
    const [coordinate, value] = misbehaving[name] ?? ['', () => undefined]
    const { data, errors } = await run(coordinate, value)
    expect(JSON.stringify({ data, errors })).not.toMatch(/canary|4929|HIGH|\[Revealed\]/)
    expect(JSON.stringify(data)).not.toContain(bytes.toString('base64').slice(0, 12))
    expect((data as any).person.id).toBe('p')
    expect(errors?.map(({ originalError }) => originalError)).toEqual([
      expect.objectContaining({ code: 'LEAK_REFUSED' }),
    ])
  })

  test('a released value that its scalar refuses is an error without the value', async () => {
    const { data, errors } = await run('income', () => released('income', canary))
    expect(data).toEqual({ person: { id: 'p', income: null } })
    expect(errors).toHaveLength(1)
    expect(errors?.[0]?.message).not.toContain(canary)
  })

  test('a resolver that throws for a field leaves it null', async () => {
    const { data, errors } = await run('secret', () => new Error('no'))
    expect(data).toEqual({ person: { id: 'p', secret: null } })
    expect(errors).toHaveLength(1)
  })

  test('what was released for this field and viewer is answered', async () => {
    expect((await run('secret', () => released('secret', 'fine'))).data).toEqual({
      person: { id: 'p', secret: 'fine' },
    })
    const list = await run('secrets', () => Promise.resolve(released('secrets', ['a', null])))
    expect(list).toEqual({ data: { person: { id: 'p', secrets: ['a', null] } } })
    expect((await run('grade', () => released('grade', 'LOW'))).data).toEqual({
      person: { id: 'p', grade: 'LOW' },
    })
    expect((await run('name', () => 'plain')).data).toEqual({ person: { id: 'p', name: 'plain' } })
  })
})
