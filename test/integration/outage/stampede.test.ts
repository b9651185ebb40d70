import { afterEach, beforeEach, expect, test } from '@jest/globals'

import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { FaultyProxy } from '../../support/faulty-proxy.ts'
import { createSchemaFolder, type SchemaFolder } from '../../support/schema-folder.ts'
import { describeOnVault, sharedVault } from '../../support/test-vault.ts'

const sdl = `
type Person @model @access(read: ["role:ADMIN"], write: ["role:ADMIN"]) {
  id: ID!
  name: String @encrypted
}`
const admin = { roles: ['ADMIN'] }

describeOnVault('many readers of one subject', () => {
  let schema: SchemaFolder
  let proxy: FaultyProxy
  let writer: TestGateway
  let reader: TestGateway
  let id: string

  beforeEach(async () => {
    const { address, token } = sharedVault()
    schema = createSchemaFolder(sdl)
    proxy = await FaultyProxy.start(address)
    const mountPath = `stampede-${crypto.randomUUID()}`
    const options = (at: string) =>
      ({
        schemaFolder: schema.folder,
        keys: { provider: 'vault', address: at, auth: { method: 'token', token }, mountPath },
      }) as const
    writer = await createTestGateway(options(address))
    const { uri, folder, database } = writer
    reader = await createTestGateway({ uri, folder, database, ...options(proxy.address) })
    const { data } = await writer.ask(admin, 'mutation { createPerson(input: { name: "Ana" }) { id } }')
    id = data.createPerson.id
  }, 60_000)

  afterEach(async () => {
    await reader.stop()
    await writer.close()
    await proxy.close()
    schema.remove()
  })

  /** Calls to Vault that unwrap keys of clear values, as they went over the wire. */
  const unwraps = (): number =>
    proxy.requests.filter(({ url }) => url?.endsWith('/decrypt/sealgate-pii-reveal')).length
  const read = () => reader.ask(admin, `{ person(id: "${id}") { name } }`)

  test('a thousand who come at once, with no key in memory, cost one unwrap', async () => {
    const before = unwraps()
    const answers = await Promise.all(Array.from({ length: 1_000 }, read))
    expect(answers.every(({ data }) => data.person.name === 'Ana')).toBe(true)
    expect(unwraps() - before).toBe(1)
  }, 60_000)

  test('ten thousand reads, one request after the other, cost one call to the key service', async () => {
    const before = unwraps()
    const fields = Array.from({ length: 100 }, (_, n) => `p${n}: person(id: "${id}") { name }`)
    for (let request = 0; request < 100; request += 1) {
      const { data } = await reader.ask(admin, `{ ${fields.join(' ')} }`)
      expect(Object.values(data)).toEqual(fields.map(() => ({ name: 'Ana' })))
    }
    expect(unwraps() - before).toBe(1)
  }, 60_000)

  test('a thousand who come at once while the key service fails cost no more calls than open a circuit, each tried twice', async () => {
    await reader.ask(admin, '{ people { nodes { id } } }')
    const before = unwraps()
    proxy.fault = 'error'
    const answers = await Promise.all(Array.from({ length: 1_000 }, read))
    expect(answers.every(({ errors }) => errors[0]?.extensions.code === 'KEY_UNAVAILABLE')).toBe(true)
    expect(unwraps() - before).toBeLessThanOrEqual(10)
    proxy.fault = 'none'
  }, 60_000)
})
