import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'

import { type BuiltEmbeddedMongodb, buildEmbeddedMongodb } from '../../support/built-embedded-mongodb.ts'
import { createTestGateway, type GraphQLAnswer, type TestGateway } from '../../support/create-test-gateway.ts'
import {
  type EmbeddedMongodbProcess,
  startEmbeddedMongodbProcess,
} from '../../support/embedded-mongodb-process.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'

const admin = { roles: ['ADMIN'] }
const create =
  'mutation ($name: String!) { createCustomer(input: { fullName: $name, country: "ES" }) { id } }'
const query = '{ customers(first: 500) { nodes { fullName } } }'

let built: BuiltEmbeddedMongodb
let folder: string
let database: EmbeddedMongodbProcess
let proxy: TcpProxy
let gateway: TestGateway

beforeAll(async () => {
  built = await buildEmbeddedMongodb()
}, 60_000)

afterAll(() => built.remove())

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealgate-outage-'))
  database = await startEmbeddedMongodbProcess(built, join(folder, 'database'))
  proxy = await TcpProxy.start(portOf(database.uri))
  const uri = new URL(database.uri)
  uri.port = String(proxy.port)
  gateway = await createTestGateway({ uri: uri.href, folder })
}, 60_000)

afterEach(async () => {
  await gateway.stop()
  await proxy.close()
  await database.kill()
  rmSync(folder, { recursive: true, force: true })
})

function portOf(uri: string): number {
  return Number(new URL(uri).port)
}

async function health(): Promise<Record<string, unknown>> {
  const response = await gateway.gateway.app.inject('/health/ready')
  return { code: response.statusCode, ...response.json<Record<string, unknown>>() }
}

const failureOf = ({ status, errors }: GraphQLAnswer) => [status, errors[0]?.extensions.code]

/** Asks until the answer is whole: for a database that is back, within a minute. */
async function askUntilWhole(): Promise<GraphQLAnswer> {
  for (let tries = 0; ; tries += 1) {
    const answer = await gateway.ask(admin, query)
    if (answer.errors.length === 0 || tries === 600) return answer
    await pause(100)
  }
}

test('a database that is killed loses nothing that was acknowledged, and no document is without its key', async () => {
  const acknowledged: string[] = []
  let killed = false
  const write = async (writer: number): Promise<void> => {
    for (let count = 0; !killed; count += 1) {
      const name = `Writer ${writer} ${count}`
      const { errors } = await gateway.ask(admin, create, { name })
      if (errors.length === 0) acknowledged.push(name)
    }
  }
  const writers = Promise.all([1, 2, 3].map(write))
  while (acknowledged.length < 30) await pause(5)
  await Promise.all([database.kill(), proxy.refuse()])
  killed = true
  await writers
  expect(failureOf(await gateway.ask(admin, query))).toEqual([503, 'SERVICE_UNAVAILABLE'])
  // Its key would be stored first, in the same place.
  expect(failureOf(await gateway.ask(admin, create, { name: 'Nobody' }))).toEqual([503, 'KEY_UNAVAILABLE'])
  expect(await health()).toMatchObject({ code: 503, status: 'unavailable', database: 'unavailable' })

  database = await startEmbeddedMongodbProcess(built, join(folder, 'database'))
  proxy.target = portOf(database.uri)
  await proxy.accept()
  // Another process, so that no key is in memory.
  const other = await createTestGateway({ uri: database.uri, folder, database: gateway.database })
  try {
    const { data, errors } = await other.ask(admin, query)
    expect(errors).toEqual([])
    const nodes = data.customers.nodes as readonly { readonly fullName: string }[]
    const stored = nodes.map(({ fullName }) => fullName)
    expect(acknowledged.filter((name) => !stored.includes(name))).toEqual([])
  } finally {
    await other.stop()
  }
  expect((await askUntilWhole()).errors).toEqual([])
  expect(await health()).toMatchObject({ code: 200, status: 'ok', database: 'ok', keyStatesKnown: true })
}, 120_000)

test('a database that takes connections and says nothing is found out, and readiness does not wait for that', async () => {
  expect((await gateway.ask(admin, create, { name: 'Ana' })).errors).toEqual([])
  proxy.silence()
  const answer = gateway.ask(admin, query)
  expect(await health()).toMatchObject({ code: 503, database: 'unavailable' })
  expect(failureOf(await answer)).toEqual([503, 'SERVICE_UNAVAILABLE'])
  while (!gateway.logs.some((line) => line.includes('the states of the keys cannot be read')))
    await pause(100)
  expect(await health()).toMatchObject({ code: 503, keyStatesKnown: false })
  proxy.restore()
  const back = await askUntilWhole()
  expect(back.data.customers.nodes).toEqual([{ fullName: 'Ana' }])
  expect(gateway.logs.filter((line) => line.includes('can be read again'))).toHaveLength(1)
}, 120_000)
