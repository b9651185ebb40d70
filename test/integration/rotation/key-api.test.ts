import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { createTestGateway, type GraphQLAnswer, type TestGateway } from '../../support/create-test-gateway.ts'
import { readAudit } from '../../support/read-audit.ts'
import { readTestSchema } from '../../support/read-test-policies.ts'

const admin = { id: 'alice', roles: ['ADMIN'] }
let gateways: TestGateway[]

const first = (): TestGateway => {
  const [gateway] = gateways
  if (gateway === undefined) throw new Error('no gateway')
  return gateway
}
const ask = (query: string, viewer: Parameters<TestGateway['ask']>[0] = admin): Promise<GraphQLAnswer> =>
  first().ask(viewer, query)

/** Asks for a job until a gateway has run it to its end. */
async function ended(id: string): Promise<Record<string, unknown>> {
  for (;;) {
    const { data, errors } = await ask(
      `{ keyJob(id: "${id}") { state findings failure startedBy endedAt progress { phase at total counters { name count } } } }`,
    )
    expect(errors).toEqual([])
    const job = data.keyJob as Record<string, unknown>
    if (job.state !== 'WAITING') return job
    await pause(200)
  }
}

async function run(mutation: string): Promise<Record<string, unknown>> {
  const { data, errors } = await ask(`mutation { job: ${mutation} { id state } }`)
  expect(errors).toEqual([])
  return ended((data.job as { id: string }).id)
}

beforeAll(async () => {
  const one = await createTestGateway({ keySchedule: 'on' })
  // A second gateway on the same database and keys, which looks for the same jobs.
  const uri = one.uri
  const two = await createTestGateway({ uri, folder: one.folder, database: one.database, keySchedule: 'on' })
  gateways = [one, two]
  const inputs = Array.from({ length: 20 }, (_, index) => `{ fullName: "P ${index}", income: ${index} }`)
  const { errors } = await ask(
    `mutation { createCustomers(inputs: [${inputs.join(', ')}]) { error { code } } }`,
  )
  expect(errors).toEqual([])
})

afterAll(async () => {
  const [one, two] = gateways
  await two?.stop()
  await one?.close()
})

describe('the API for keys', () => {
  test('is for the rule of the configuration alone', async () => {
    const operations = [
      '{ keyStatus { keyType } }',
      '{ keyJobs { id } }',
      '{ keyJob(id: "x") { id } }',
      'mutation { rotateKeys(keyTypes: ["PII"]) { id } }',
      'mutation { rewrapKeys { id } }',
      'mutation { reencryptValues(keyTypes: ["PII"]) { id } }',
      'mutation { reindexTerms(keyTypes: ["PII"]) { id } }',
      'mutation { cleanupKeys { id } }',
      'mutation { revokeKeys(keys: { keyType: "PII" }, reason: "x") }',
    ]
    for (const operation of operations) {
      for (const viewer of [undefined, { roles: ['SUPPORT'] }, { subject: 'x' }]) {
        const { errors } = await first().ask(viewer, operation)
        expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
      }
    }
    expect(await first().gateway.storage.jobStore.list({ limit: 10 })).toEqual([])
  })

  test('rotates, rewraps and re-encrypts, each by one of the gateways, and tells what came of it', async () => {
    const rotated = await run('rotateKeys(keyTypes: ["FINANCIAL"])')
    expect(rotated).toMatchObject({ state: 'DONE', startedBy: 'alice', failure: null })
    expect(rotated.findings).toContain('FINANCIAL/REVEAL: version 2 wraps from now on, 1 before')
    const rewrapped = await run('rewrapKeys')
    expect(rewrapped).toMatchObject({ state: 'DONE', progress: { phase: 'prove' } })
    expect(rewrapped.findings).toContain('FINANCIAL/REVEAL: 0 data keys left under versions below 2')
    const { data } = await ask('{ keyStatus { keyType purpose newestVersion oldestVersion age automatic } }')
    expect(data.keyStatus).toContainEqual({
      keyType: 'FINANCIAL',
      purpose: 'REVEAL',
      newestVersion: 2,
      oldestVersion: 1,
      age: 'CURRENT',
      automatic: true,
    })
    const revoked = await ask('mutation { revokeKeys(keys: { keyType: "FINANCIAL" }, reason: "a test") }')
    expect(revoked.data.revokeKeys).toBeGreaterThan(20)
    expect(await run('reencryptValues(keyTypes: ["FINANCIAL"])')).toMatchObject({ state: 'DONE' })
    expect((await run('cleanupKeys')).findings).toContainEqual(expect.stringContaining('days of grace'))
    const jobs = await ask('{ keyJobs(first: 3) { kind state } }')
    expect(jobs.data.keyJobs).toEqual([
      { kind: 'cleanup', state: 'DONE' },
      { kind: 'reencrypt', state: 'DONE' },
      { kind: 'rewrap', state: 'DONE' },
    ])
    for (const gateway of gateways) {
      const { errors } = await gateway.ask(admin, '{ customers(first: 50) { nodes { fullName income } } }')
      expect(errors).toEqual([])
    }
  }, 90_000)

  test.each([
    ['mutation { rotateKeys(keyTypes: []) { id } }', 'Name the key types that are meant.'],
    [
      'mutation { rewrapKeys(keyTypes: ["NONE"]) { id } }',
      'The schema uses no key type NONE. It uses: AUDIT_LOG, FINANCIAL, PII.',
    ],
    ['mutation { revokeKeys(keys: {}, reason: "x") }', 'Say which keys are meant.'],
  ])('refuses %s', async (operation, message) => {
    const { errors } = await ask(operation)
    expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }])
  })

  test('writes what was done to keys into the audit log, with who asked for it', async () => {
    const events = (await readAudit(first())).filter(
      ({ coordinate, viewerKind }) => coordinate.startsWith('key:') && viewerKind !== 'gateway',
    )
    const outcomes = new Set(events.map(({ outcome, viewer }) => `${outcome} by ${String(viewer)}`))
    expect(outcomes).toEqual(
      new Set(['rotated by alice', 'rewrapped by alice', 'revoked by alice', 'reencrypted by alice']),
    )
  })

  test('is not there when it is off, and a schema may then use its names', async () => {
    const gateway = await createTestGateway({ keyApi: 'off' })
    const { errors } = await gateway.ask(admin, '{ keyStatus { keyType } }')
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
    await gateway.close()
  })

  test.each(['owner', 'everyone', 'authenticated', 'admins'])(
    'a start with the rule %s is refused',
    async (keyApi) => {
      await expect(createTestGateway({ keyApi })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
    },
  )

  test.each(['KeyJob', 'KeyStatus', 'RevokedKeys'])('a schema with a type %s is refused', (name) => {
    const sdl = `type ${name} @model @access(read: ["everyone"]) { id: ID! text: String }`
    expect(() => readTestSchema(sdl)).toThrow(expect.objectContaining({ code: 'SCHEMA_INVALID' }))
  })
})
