import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'

import { dayMs } from '../../../src/crypto/kek-age.ts'
import { findIndexDue } from '../../../src/rotation/reindex/index-due.ts'
import { revokeKeys } from '../../../src/rotation/revoke-keys.ts'
import type { TestGateway } from '../../support/create-test-gateway.ts'
import {
  admin,
  createIndexBench,
  createPeople,
  createPerson,
  findByEmail,
  type IndexBench,
  indexStates,
  personSdl,
  reindex,
  storedTerms,
} from '../../support/index-rotation.ts'

const emails = Array.from({ length: 40 }, (_, index) => `person${index}@example.com`)
let bench: IndexBench

beforeEach(async () => {
  bench = await createIndexBench()
})

afterEach(async () => {
  await bench.close()
})

async function findTeam(gateway: TestGateway, team: string): Promise<number> {
  const { data, errors } = await gateway.ask(
    admin,
    `{ people(first: 100, filter: { team: { eq: "${team}" } }) { nodes { id } } }`,
  )
  expect(errors).toEqual([])
  return (data.people.nodes as unknown[]).length
}

test('terms come under a new key in the other slot, none of the old is left, and the old key is a tombstone', async () => {
  const gateway = await bench.open()
  await createPeople(gateway, emails)
  const before = await storedTerms(gateway)
  expect([before.t0.length, before.t1.length]).toEqual([40, 0])
  const job = await reindex(gateway)
  expect(job).toMatchObject({ state: 'done', failure: undefined })
  expect(job.findings).toEqual([
    'people.email: 0 terms left under replaced keys; destroyed: 1',
    'people.team: 0 terms left under replaced keys; destroyed: 1',
  ])
  expect(await indexStates(gateway)).toEqual(['1 destroyed, no key', '2 enabled'])
  const after = await storedTerms(gateway)
  expect([after.t0.length, after.t1.length]).toEqual([0, 40])
  const stored = JSON.stringify(
    await Promise.all(
      gateway.databases.map(async (database) =>
        Promise.all((await database.collections()).map((collection) => collection.find().toArray())),
      ),
    ),
  )
  const everything = Buffer.from(stored).toString()
  expect(everything.includes(Buffer.from(after.t1[0] ?? '', 'hex').toString('base64'))).toBe(true)
  for (const term of [...before.t0, ...(await storedTerms(gateway, 'team')).t0])
    expect(everything.includes(Buffer.from(term, 'hex').toString('base64'))).toBe(false)
  for (const email of emails) expect(await findByEmail(gateway, email)).toHaveLength(1)
  expect(await findTeam(gateway, 'red')).toBe(40)
  expect(await createPerson(gateway, emails[3] ?? '')).toBeUndefined()

  expect(await reindex(gateway)).toMatchObject({ state: 'done' })
  expect(await indexStates(gateway)).toEqual(['1 destroyed, no key', '2 destroyed, no key', '3 enabled'])
  const again = await storedTerms(gateway)
  expect([again.t0.length, again.t1.length]).toEqual([40, 0])
  expect(again.t0.filter((term) => before.t0.includes(term))).toEqual([])
  expect(await findByEmail(gateway, 'PERSON5@example.com ')).toHaveLength(1)
  expect(await createPerson(gateway, emails[4] ?? '')).toBeUndefined()
}, 120_000)

test('another normaliser changes nothing until the job has run, and then for every gateway', async () => {
  const former = await bench.open(personSdl('[TRIM]'))
  await createPeople(former, emails)
  const later = await bench.open(personSdl('[TRIM, LOWERCASE]'))
  const id = await createPerson(later, 'Later@example.com')
  expect(await findIndexDue(['PII'], former.gateway.jobTools)).toEqual([])
  expect(await findIndexDue(['PII'], later.gateway.jobTools)).toEqual(['PII'])
  for (const gateway of [former, later]) {
    expect(await findByEmail(gateway, 'Later@example.com ')).toEqual([id])
    expect(await findByEmail(gateway, 'later@example.com')).toEqual([])
  }
  expect(await reindex(later, { onlyDue: true })).toMatchObject({ state: 'done' })
  expect(await indexStates(later, 'people.team')).toEqual(['1 enabled'])
  expect(await findIndexDue(['PII'], later.gateway.jobTools)).toEqual([])
  const inTwoYears = { ...later.gateway.jobTools, now: () => Date.now() + 731 * dayMs }
  expect(await findIndexDue(['PII'], inTwoYears)).toEqual(['PII'])
  for (const gateway of [former, later]) {
    expect(await findByEmail(gateway, 'later@EXAMPLE.com')).toEqual([id])
    expect(await createPerson(gateway, 'LATER@example.com')).toBeUndefined()
  }
  expect(await reindex(later, { onlyDue: true })).toMatchObject({
    state: 'done',
    findings: ['people.email: no key was replaced', 'people.team: no key was replaced'],
  })
}, 120_000)

test('values that a new normaliser makes equal stop their field alone, are named, and leave everything as it was', async () => {
  const former = await bench.open(personSdl('[TRIM]'))
  const one = await createPerson(former, 'same@example.com', { team: 'red' })
  const other = await createPerson(former, 'SAME@example.com', { team: 'red' })
  const later = await bench.open(personSdl('[TRIM, LOWERCASE]'))
  const job = await reindex(later)
  expect(job.state).toBe('failed')
  expect(job.failure).toContain('1 values have no new term')
  const named = job.findings.find((line) => line.startsWith('Person: values that others have too, in '))
  expect([one, other].some((id) => named?.endsWith(` ${id}`))).toBe(true)
  expect(job.findings).toContain('people.team: 0 terms left under replaced keys; destroyed: 1')
  expect(await indexStates(later)).toEqual(['1 enabled', '2 indexing'])
  for (const gateway of [former, later]) {
    expect(await findByEmail(gateway, 'same@example.com')).toEqual([one])
    expect(await findByEmail(gateway, 'SAME@example.com')).toEqual([other])
    expect(await createPerson(gateway, 'same@example.com')).toBeUndefined()
    expect(await findTeam(gateway, 'red')).toBe(2)
  }
  const { errors } = await later.ask(admin, `mutation { deletePerson(id: "${other}") }`)
  expect(errors).toEqual([])
  expect(await reindex(later)).toMatchObject({ state: 'done' })
  expect(await findByEmail(former, 'Same@example.com')).toEqual([one])
}, 120_000)

test('a normaliser that the schema takes back again leaves no generation in the way', async () => {
  const former = await bench.open(personSdl('[TRIM]'))
  await createPerson(former, 'same@example.com')
  await createPerson(former, 'SAME@example.com')
  const later = await bench.open(personSdl('[TRIM, LOWERCASE]'))
  expect(await reindex(later, { onlyDue: true })).toMatchObject({ state: 'failed' })
  expect(await reindex(former, { onlyDue: true })).toMatchObject({ state: 'done' })
  expect(await indexStates(former)).toEqual(['1 enabled', '2 destroyed, no key'])
  expect((await storedTerms(former)).t1).toEqual([])
  expect(await reindex(former)).toMatchObject({ state: 'done' })
  expect((await indexStates(former)).filter((state) => !state.includes('destroyed'))).toEqual(['4 enabled'])
  expect(await findByEmail(later, 'SAME@example.com')).toHaveLength(1)
}, 120_000)

test('a value that does not open keeps its field where it is, until it is gone', async () => {
  const gateway = await bench.open()
  await createPeople(gateway, emails.slice(0, 5))
  const people = gateway.raw('people')
  const victim = await people.findOne()
  const bytes = Buffer.from((victim?.email as { c: { buffer: Buffer } }).c.buffer)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  await people.updateOne({ _id: victim?._id }, { $set: { 'email.c': bytes } })
  const job = await reindex(gateway)
  expect(job).toMatchObject({ state: 'failed' })
  expect(job.failure).toContain('1 do not open')
  expect(await indexStates(gateway)).toEqual(['1 enabled', '2 indexing'])
  await people.deleteOne({ _id: victim?._id })
  expect(await reindex(gateway)).toMatchObject({ state: 'done' })
  expect(await indexStates(gateway)).toEqual(['1 destroyed, no key', '2 enabled'])
}, 120_000)

test('a field that becomes searchable is found everywhere behind the job', async () => {
  const plain = personSdl().replace('@encrypted(searchable: true) @masked', '@encrypted @masked')
  const former = await bench.open(plain)
  await createPeople(former, emails)
  const later = await bench.open()
  expect(await findTeam(later, 'red')).toBe(0)
  expect(await reindex(later)).toMatchObject({ state: 'done' })
  expect(await findTeam(later, 'red')).toBe(40)
}, 120_000)

describe('a revoked key of index terms', () => {
  const revoke = ({ gateway }: TestGateway, to: 'compromised' | 'disabled') =>
    revokeKeys(
      { id: 'r', filter: { keyType: 'PII' }, to, reason: 'a test', startedBy: 'test' },
      gateway.jobTools,
    )
  const verify = async (gateway: TestGateway, id: string, pin: string): Promise<unknown> => {
    const { data, errors } = await gateway.ask(
      admin,
      `mutation { verifyPersonPin(id: "${id}", value: "${pin}") }`,
    )
    expect(errors).toEqual([])
    return data.verifyPersonPin
  }
  const masked = async (gateway: TestGateway): Promise<unknown> =>
    (await gateway.ask({ roles: ['CLERK'] }, '{ people { nodes { team } } }')).data.people.nodes

  test('goes on until it is replaced; peppers and pseudonyms keep theirs', async () => {
    const gateway = await bench.open()
    const id = (await createPerson(gateway, 'ana@example.com', { team: 'red', pin: '4821' })) ?? ''
    const mask = await masked(gateway)
    const { reindex: due, left } = await revoke(gateway, 'compromised')
    expect([due, left]).toEqual([['PII'], 2])
    gateway.gateway.keyRing.clear()
    expect(await findByEmail(gateway, 'ana@example.com')).toEqual([id])
    expect(await createPerson(gateway, 'ana@example.com')).toBeUndefined()
    await createPerson(gateway, 'ben@example.com')
    expect(await reindex(gateway, { onlyDue: true })).toMatchObject({ state: 'done' })
    expect(await indexStates(gateway)).toEqual(['1 destroyed, no key', '2 enabled'])
    expect(await indexStates(gateway, 'people.pin')).toEqual(['1 enabled'])
    expect(await indexStates(gateway, 'pseudonym')).toEqual(['1 enabled'])
    expect(await findByEmail(gateway, 'ana@example.com')).toEqual([id])
    expect(await verify(gateway, id, '4821')).toBe(true)
    expect(await verify(gateway, id, '4822')).toBe(false)
    expect(await masked(gateway)).toEqual(expect.arrayContaining(mask as unknown[]))
    expect(await createPerson(gateway, 'cy@example.com', { team: 'red' })).toBeDefined()
    const teams = (await masked(gateway)) as { team: string | null }[]
    expect(new Set(teams.map(({ team }) => team).filter((team) => team !== null)).size).toBe(1)
  }, 120_000)

  test('stops writes and searches when it is disabled, until it is replaced', async () => {
    const gateway = await bench.open()
    const id = await createPerson(gateway, 'ana@example.com')
    const { data } = await gateway.ask(
      admin,
      'mutation { revokeKeys(keys: { holder: "people.email" }, state: DISABLED, reason: "a test") }',
    )
    expect(data.revokeKeys).toBe(1)
    const waiting = await gateway.gateway.storage.jobStore.list({ waiting: true, limit: 10 })
    expect(waiting.map(({ kind, parameters }) => [kind, parameters])).toEqual([
      ['reindex', { keyTypes: ['PII'], onlyDue: true }],
    ])
    gateway.gateway.keyRing.clear()
    const searched = await gateway.ask(
      admin,
      '{ people(filter: { email: { eq: "ana@example.com" } }) { nodes { id } } }',
    )
    expect(searched.errors[0]?.extensions.code).toBe('KEY_UNAVAILABLE')
    const written = await gateway.ask(
      admin,
      'mutation { createPerson(input: { email: "b@example.com" }) { id } }',
    )
    expect(written.errors[0]?.extensions.code).toBe('KEY_UNAVAILABLE')
    expect(await reindex(gateway, { onlyDue: true })).toMatchObject({ state: 'done' })
    expect(await findByEmail(gateway, 'ana@example.com')).toEqual([id])
    expect(await createPerson(gateway, 'ana@example.com')).toBeUndefined()
  }, 120_000)
})
