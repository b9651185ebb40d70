import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'

import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import type { KeyProviderOptions } from '../../../src/kms/index.ts'
import { vaultPolicies } from '../../../src/kms/vault/policies.ts'
import { createTestGateway, type GraphQLAnswer, type TestGateway } from '../../support/create-test-gateway.ts'
import { type Fault, FaultyProxy } from '../../support/faulty-proxy.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'
import { callVault, describeOnVault } from '../../support/test-vault.ts'
import { VaultServer } from '../../support/vault-server.ts'

const sdl = `
type Person @model @access(read: ["role:ADMIN", "role:AGENT"], write: ["role:ADMIN"]) {
  id: ID!
  country: String
  name: String @encrypted
  nick: String @encrypted(onKeyUnavailable: NULL)
  card: String @encrypted(key: FINANCIAL, onKeyUnavailable: MASK) @masked(as: LAST4, reveal: ["role:ADMIN"])
  email: String @encrypted(searchable: true)
}`
const admin = { roles: ['ADMIN'] }
const agent = { roles: ['AGENT'] }
/** Whose keys the gateway under test has in memory, whose only the mask's, and whose none. */
const names = ['Warm', 'Masked', 'Cold', ...Array.from({ length: 12 }, (_, n) => `Cold ${n}`)]
const policyName = 'outage'
const policy = vaultPolicies({ mountPath: 'transit', keyPrefix: 'sealgate' }, [
  'AUDIT_LOG',
  'FINANCIAL',
  'PII',
])

describeOnVault('while the key service is away', () => {
  let schema: SchemaFolder
  let folder: string
  let vault: VaultServer
  let proxy: FaultyProxy
  let server: MongodbServer
  let writer: TestGateway
  let gateway: TestGateway
  let heal: () => unknown = () => undefined
  const ids = new Map<string, string>()

  beforeAll(async () => {
    schema = createSchemaFolder(sdl)
    folder = mkdtempSync(join(tmpdir(), 'sealgate-outage-'))
    vault = await VaultServer.create(folder)
    proxy = await FaultyProxy.start(vault.vault.address)
    server = await createMongodbServer({ folder: join(folder, 'database') })
    writer = await start({ method: 'token', token: vault.vault.token }, vault.vault.address)
    await permit()
    for (const name of names) {
      const { data, errors } = await writer.ask(admin, create, { input: personOf(name) })
      expect(errors).toEqual([])
      ids.set(name, data.createPerson.id)
    }
  }, 60_000)

  beforeEach(async () => {
    await renewToken()
    gateway = await start({ method: 'token', token: { file: join(folder, 'token') } }, proxy.address)
    expect((await read('Warm')).errors).toEqual([])
    const masked = await readMask('Masked')
    expect(masked.data.person).toEqual({ card: '**** 1111' })
    // A search loads the key of the index, and so do writes.
    expect((await search('Warm')).data.people.nodes).toEqual([{ country: 'ES' }])
    gateway.logs.length = 0
  }, 60_000)

  afterEach(async () => {
    await heal()
    heal = () => undefined
    await gateway.stop()
  })

  afterAll(async () => {
    await writer.stop()
    await server.close()
    await proxy.close()
    await vault.kill()
    schema.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  const create = 'mutation ($input: PersonCreateInput!) { createPerson(input: $input) { id } }'
  const personOf = (name: string) => ({
    country: 'ES',
    name,
    nick: `${name}y`,
    card: '4111111111111111',
    email: `${name.replaceAll(' ', '.')}@example.com`,
  })
  const idOf = (name: string): string => ids.get(name) ?? ''

  type VaultAuth = Extract<KeyProviderOptions, { provider: 'vault' }>['auth']

  const start = (auth: VaultAuth, address: string): Promise<TestGateway> =>
    createTestGateway({
      uri: server.uri,
      folder,
      database: 'outage',
      schemaFolder: schema.folder,
      keys: { provider: 'vault', address, auth },
    })

  const read = (name: string): Promise<GraphQLAnswer> =>
    gateway.ask(admin, 'query ($id: ID!) { person(id: $id) { country name nick card } }', { id: idOf(name) })
  const readMask = (name: string): Promise<GraphQLAnswer> =>
    gateway.ask(agent, 'query ($id: ID!) { person(id: $id) { card } }', { id: idOf(name) })
  const search = (name: string): Promise<GraphQLAnswer> =>
    gateway.ask(
      admin,
      'query ($email: String) { people(filter: { email: { eq: $email } }) { nodes { country } } }',
      {
        email: personOf(name).email,
      },
    )
  const health = async () => {
    const response = await gateway.gateway.app.inject('/health/ready')
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
  }
  const codesOf = ({ errors }: GraphQLAnswer) => errors.map(({ extensions }) => extensions.code)
  const logged = (text: string) => gateway.logs.filter((line) => line.includes(text))

  async function permit(): Promise<void> {
    await callVault(vault.vault, 'PUT', `sys/policies/acl/${policyName}`, { policy: policy.full })
  }

  async function renewToken(): Promise<void> {
    const { body } = await callVault(vault.vault, 'POST', 'auth/token/create', { policies: [policyName] })
    writeFileSync(join(folder, 'token'), (body as { auth: { client_token: string } }).auth.client_token)
  }

  interface Outage {
    readonly begin: () => unknown
    readonly end: () => unknown
    /** What health says of the key service once calls fail. */
    readonly keyService: 'failing' | 'unavailable'
  }
  const through = (fault: Fault, keyService: Outage['keyService']): Outage => ({
    begin: () => (proxy.fault = fault),
    end: () => (proxy.fault = 'none'),
    keyService,
  })
  const outages: Record<string, Outage> = {
    'Vault is sealed': {
      begin: () => vault.seal(),
      end: () => vault.unseal(),
      keyService: 'unavailable',
    },
    'Vault is killed': {
      begin: () => vault.kill(),
      end: async () => {
        await vault.start()
        await vault.unseal()
      },
      keyService: 'unavailable',
    },
    'the token is revoked': {
      begin: () => callVault(vault.vault, 'POST', 'auth/token/revoke-orphan', { token: tokenInUse() }),
      end: () => renewToken(),
      keyService: 'unavailable',
    },
    'the policy is removed': {
      begin: () => callVault(vault.vault, 'DELETE', `sys/policies/acl/${policyName}`),
      end: () => permit(),
      keyService: 'unavailable',
    },
    'Vault answers after 5 seconds': through('slow', 'unavailable'),
    'Vault answers half of a batch': through('half batch', 'failing'),
    'Vault answers half of its bytes': through('half answer', 'unavailable'),
  }
  const tokenInUse = (): string => String(proxy.requests.at(-1)?.headers['x-vault-token'] ?? '')

  describe.each(Object.entries(outages))('%s', (_name, { begin, end, keyService }) => {
    test('cached keys serve, each other field answers as it says, nothing is written, and all comes back by itself', async () => {
      const documents = await gateway.raw('people').countDocuments()
      const rows = await gateway.rawKeys('datakeys').countDocuments()
      heal = end
      await begin()

      const warm = await read('Warm')
      expect(warm.data.person).toMatchObject({ name: 'Warm', nick: 'Warmy', card: '4111111111111111' })
      expect(warm.errors).toEqual([])

      const cold = await read('Cold')
      expect(cold.data.person).toEqual({ country: 'ES', name: null, nick: null, card: null })
      expect(cold.errors).toMatchObject([
        { path: ['person', 'name'], extensions: { code: 'KEY_UNAVAILABLE', coordinate: 'Person.name' } },
        { path: ['person', 'card'], extensions: { code: 'KEY_UNAVAILABLE', coordinate: 'Person.card' } },
      ])
      expect(JSON.parse(cold.text).extensions.unavailable).toMatchObject([
        { path: ['person', 'nick'], shown: 'NULL' },
      ])

      const masked = await read('Masked')
      expect(masked.data.person).toEqual({ country: 'ES', name: null, nick: null, card: '**** 1111' })
      expect(codesOf(masked)).toEqual(['KEY_UNAVAILABLE'])
      expect(JSON.parse(masked.text).extensions.unavailable).toMatchObject([
        { path: ['person', 'nick'], shown: 'NULL' },
        { path: ['person', 'card'], shown: 'MASK' },
      ])

      // More than a circuit takes.
      await Promise.all(names.slice(3).map((name) => read(name)))
      const found = await search('Cold')
      expect([found.status, found.data.people, codesOf(found)]).toEqual([503, null, ['KEY_UNAVAILABLE']])
      const written = await gateway.ask(admin, create, { input: personOf('New') })
      expect([written.status, written.data.createPerson, codesOf(written)]).toEqual([
        503,
        null,
        ['KEY_UNAVAILABLE'],
      ])
      expect(await gateway.raw('people').countDocuments()).toBe(documents)
      expect(await gateway.rawKeys('datakeys').countDocuments()).toBe(rows)
      const update = 'mutation ($id: ID!) { updatePerson(id: $id, input: { name: "Warm" }) { name } }'
      expect((await gateway.ask(admin, update, { id: idOf('Warm') })).data.updatePerson).toEqual({
        name: 'Warm',
      })

      expect(await health()).toMatchObject({ status: 200, body: { status: 'degraded', keyService } })
      expect(logged('calls to the key service fail')).toHaveLength(1)
      expect(logged('a field or operation failed')).toEqual([])

      await heal()
      heal = () => undefined
      while ((await read('Cold')).text.includes('KEY_UNAVAILABLE')) await pause(100)
      while ((await readMask('Cold')).errors.length > 0) await pause(100)
      while ((await search('Cold')).errors.length > 0) await pause(100)
      expect((await read('Masked')).data.person).toMatchObject({ name: 'Masked', card: '4111111111111111' })
      expect((await gateway.ask(admin, create, { input: personOf('New') })).errors).toEqual([])
      expect(await health()).toMatchObject({ status: 200, body: { status: 'ok' } })
      expect(logged('calls to the key service fail')).toHaveLength(1)
      expect(logged('the key service answers again')).toHaveLength(1)
    }, 120_000)
  })

  test('a slow key service holds nobody up: cached reads pass, and the rest fails before it has answered', async () => {
    proxy.fault = 'slow'
    const { answered } = proxy
    const order: string[] = []
    const cold = read('Cold').then((answer) => {
      order.push('cold')
      return answer
    })
    for (let count = 0; count < 20; count += 1) {
      expect((await read('Warm')).errors).toEqual([])
      order.push('warm')
    }
    expect(codesOf(await cold)).toEqual(['KEY_UNAVAILABLE', 'KEY_UNAVAILABLE'])
    expect(proxy.answered).toBe(answered)
    expect(order.at(-1)).toBe('cold')
    proxy.fault = 'none'
  }, 60_000)

  test('a dead key service is asked by few of many requests', async () => {
    proxy.fault = 'drop'
    const before = proxy.requests.length
    for (let round = 0; round < 100; round += 1)
      expect(codesOf(await read('Cold'))).toContain('KEY_UNAVAILABLE')
    // Two tries for each of the calls that open the circuits of three KEKs, and a few that try again meanwhile.
    expect(proxy.requests.length - before).toBeLessThan(60)
    proxy.fault = 'none'
  }, 60_000)
})
