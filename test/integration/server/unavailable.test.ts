import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from '@jest/globals'

import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'

const admin = { roles: ['ADMIN'] }

let folder: string
let server: MongodbServer
let gateway: TestGateway

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealgate-test-'))
  server = await createMongodbServer({ folder })
  gateway = await createTestGateway({ uri: server.uri })
})

afterEach(async () => {
  await gateway.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function startServerAgain(): Promise<void> {
  server = await createMongodbServer({ folder, port: Number(new URL(server.uri).port) })
}

async function healthOf(path: string): Promise<number> {
  const { statusCode } = await gateway.gateway.app.inject({ method: 'GET', url: `/health/${path}` })
  return statusCode
}

test('a database that is gone is answered with 503 and a code, seen by readiness, and used again when it is back', async () => {
  await server.close()
  const { status, errors } = await gateway.ask(admin, '{ customers { nodes { id } } }')
  expect(status).toBe(503)
  expect(errors[0]).toMatchObject({ extensions: { code: 'SERVICE_UNAVAILABLE' }, path: ['customers'] })
  expect([await healthOf('live'), await healthOf('ready')]).toEqual([200, 503])
  await startServerAgain()
  expect(await gateway.ask(admin, '{ customers { nodes { id } } }')).toMatchObject({
    status: 200,
    data: { customers: { nodes: [] } },
  })
  expect(await healthOf('ready')).toBe(200)
})

test('an answer of which a part is not available keeps status 200 and its data', async () => {
  await server.close()
  const { status, data, errors } = await gateway.ask(admin, '{ __typename customers { nodes { id } } }')
  expect(status).toBe(200)
  expect(data).toEqual({ __typename: 'Query', customers: null })
  expect(errors).toHaveLength(1)
  await startServerAgain()
})
