import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from '@jest/globals'
import type { Binary } from 'mongodb'

import { createMongodbServer } from '../../src/embedded-mongodb/mongodb-server.ts'
import type { Job, JobParameters } from '../../src/rotation/job.ts'
import { runJob } from '../../src/rotation/run-job.ts'
import { startJob } from '../../src/rotation/start-job.ts'
import { StateLease } from '../../src/crypto/state-lease.ts'
import { watchKeyStates } from '../../src/server/watch-key-states.ts'
import { createTestGateway, type TestGateway } from './create-test-gateway.ts'
import { createSchemaFolder } from './schema-folder.ts'

/** A model with a unique searchable field, one that is not unique, and what else is under `INDEX` keys of its type. */
export const personSdl = (normalize = '[TRIM, LOWERCASE]'): string => /* GraphQL */ `
  type Person @model(collection: "people") @access(read: ["role:ADMIN", "role:CLERK"], write: ["role:ADMIN"]) {
    id: ID!
    email: String @encrypted(searchable: true, unique: true, normalize: ${normalize})
    team: String @encrypted(searchable: true) @masked(as: HASH, reveal: ["role:ADMIN"])
    pin: String @hashed(tries: 100)
  }
`

export const admin = { roles: ['ADMIN'] }

/** How long gateways may work by older key states, and how long jobs wait for that and for writes under way. */
export interface Bounds {
  readonly watchedMs: number
  readonly boundMs: number
}

/** For tests in which nobody writes while a job runs. */
const short: Bounds = { watchedMs: 300, boundMs: 1_500 }

export interface IndexBench {
  /** Another gateway on the same database and keys. */
  readonly open: (sdl?: string) => Promise<TestGateway>
  readonly close: () => Promise<void>
}

/** @param uri - of a MongoDB server; absent: an embedded one */
export async function createIndexBench(uri?: string, { watchedMs } = short): Promise<IndexBench> {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-index-'))
  const server =
    uri === undefined ? await createMongodbServer({ folder: join(folder, 'database') }) : undefined
  const database = `index_${Date.now().toString(36)}`
  const closing: (() => unknown)[] = []
  return {
    open: async (sdl = personSdl()) => {
      const schema = createSchemaFolder(sdl)
      closing.push(schema.remove)
      const gateway = await createTestGateway({
        uri: uri ?? server?.uri ?? '',
        folder,
        database,
        schemaFolder: schema.folder,
      })
      const { storage, keyRing } = gateway.gateway
      const lease = new StateLease({ boundMs: watchedMs })
      const watch = await watchKeyStates({ store: storage.keyStore, keyRing, lease })
      closing.push(gateway.stop, watch.stop)
      return gateway
    },
    close: async () => {
      for (const close of closing.reverse()) await close()
      await server?.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export async function reindex(
  { gateway }: TestGateway,
  parameters: Partial<JobParameters['reindex']> = {},
  { boundMs } = short,
): Promise<Job> {
  const { jobStore } = gateway.storage
  const id = await startJob(jobStore, 'reindex', { keyTypes: ['PII'], ...parameters }, 'test')
  return runJob(id, { store: jobStore, tools: { ...gateway.jobTools, boundMs }, leaseMs: 3_000 })
}

/** @returns the id; undefined when another person has the e-mail */
export async function createPerson(
  gateway: TestGateway,
  email: string,
  rest: object = {},
): Promise<string | undefined> {
  const { data, errors } = await gateway.ask(
    admin,
    'mutation ($input: PersonCreateInput!) { createPerson(input: $input) { id } }',
    { input: { email, ...rest } },
  )
  if (errors.some(({ extensions }) => extensions.code === 'CONFLICT')) return undefined
  expect(errors).toEqual([])
  return (data.createPerson as { id: string }).id
}

export async function createPeople(gateway: TestGateway, emails: readonly string[]): Promise<void> {
  const { data, errors } = await gateway.ask(
    admin,
    'mutation ($inputs: [PersonCreateInput!]!) { createPeople(inputs: $inputs) { error { code message } } }',
    { inputs: emails.map((email) => ({ email, team: 'red' })) },
  )
  expect(errors).toEqual([])
  expect((data.createPeople as { error: unknown }[]).filter(({ error }) => error !== null)).toEqual([])
}

/**
 * @param refusals - the codes of a unique violation: FerretDB does not tell it from other failures of an update
 * @returns false when another person has the e-mail
 */
export async function changeEmail(
  gateway: TestGateway,
  id: string,
  email: string,
  refusals: readonly unknown[] = ['CONFLICT'],
): Promise<boolean> {
  const { errors } = await gateway.ask(
    admin,
    'mutation ($id: ID!, $email: String) { updatePerson(id: $id, input: { email: $email }) { id } }',
    { id, email },
  )
  if (errors.some(({ extensions }) => refusals.includes(extensions.code))) return false
  expect(errors).toEqual([])
  return true
}

export async function deletePerson(gateway: TestGateway, id: string): Promise<void> {
  const { errors } = await gateway.ask(admin, 'mutation ($id: ID!) { deletePerson(id: $id) }', { id })
  expect(errors).toEqual([])
}

/** The ids of those who are found by an e-mail. */
export async function findByEmail(gateway: TestGateway, email: string): Promise<string[]> {
  const { data, errors } = await gateway.ask(
    admin,
    'query ($email: String) { people(first: 100, filter: { email: { eq: $email } }) { nodes { id } } }',
    { email },
  )
  expect(errors).toEqual([])
  return (data.people.nodes as { id: string }[]).map(({ id }) => id)
}

/** Every stored term of a field, in hex, by slot. */
export async function storedTerms(
  gateway: TestGateway,
  field = 'email',
): Promise<{ readonly t0: string[]; readonly t1: string[] }> {
  const terms = { t0: [] as string[], t1: [] as string[] }
  for (const document of await gateway.raw('people').find().toArray()) {
    const sealed = document[field] as { t0?: Binary; t1?: Binary } | null | undefined
    for (const slot of ['t0', 't1'] as const) {
      const term = sealed?.[slot]
      if (term !== undefined) terms[slot].push(Buffer.from(term.buffer).toString('hex'))
    }
  }
  return terms
}

/** Generations and states of the `INDEX` keys of a path. */
export async function indexStates(gateway: TestGateway, path = 'people.email'): Promise<string[]> {
  const rows = await gateway.gateway.storage.keyStore.scan(undefined, 1_000)
  const keys = rows.filter(({ holder }) => holder.scopeId === path).flatMap((row) => row.keys)
  return keys
    .filter(({ purpose }) => purpose === 'INDEX')
    .sort((one, other) => one.generation - other.generation)
    .map(
      ({ generation, state, wrapped }) => `${generation} ${state}${wrapped.length === 0 ? ', no key' : ''}`,
    )
}
