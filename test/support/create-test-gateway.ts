import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import mongoose from 'mongoose'

import { loadDevelopmentKeys } from '../../src/auth/development-keys.ts'
import { mintToken, type TokenRequest } from '../../src/auth/mint-token.ts'
import { KeyPolicies } from '../../src/crypto/key-policy.ts'
import { createMongodbServer } from '../../src/embedded-mongodb/mongodb-server.ts'
import type { KeyProviderOptions } from '../../src/kms/index.ts'
import { createGateway, type Gateway } from '../../src/server/create-gateway.ts'
import { defaultLimits } from '../../src/server/limits.ts'
import type { GatewayOptions } from '../../src/server/options.ts'

export interface GraphQLAnswer {
  readonly status: number
  readonly data: any
  readonly errors: readonly {
    message: string
    path?: (string | number)[]
    extensions: Record<string, unknown>
  }[]
  /** The body as it came. */
  readonly text: string
}

export interface TestGateway {
  readonly gateway: Gateway
  readonly folder: string
  readonly uri: string
  readonly database: string
  /** Everything that was logged. */
  readonly logs: string[]
  readonly token: (viewer: Partial<TokenRequest>) => Promise<string>
  /** Asks as a viewer; without one anonymously. */
  readonly ask: (
    viewer: Partial<TokenRequest> | undefined,
    query: string,
    variables?: Record<string, unknown>,
  ) => Promise<GraphQLAnswer>
  /** A connection of its own to the stored documents, below the gateway. */
  readonly raw: (collection: string) => mongoose.mongo.Collection
  /** The same to the database of the wrapped keys. */
  readonly rawKeys: (collection: string) => mongoose.mongo.Collection
  /** Both databases. */
  readonly databases: readonly mongoose.mongo.Db[]
  /** Stops the gateway; what it stored stays. */
  readonly stop: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface TestGatewayOptions extends Partial<GatewayOptions> {
  /** Address of a MongoDB server. Absent: an embedded one of its own, in this process. */
  readonly uri?: string
  readonly folder?: string
  readonly database?: string
}

const shippedSchema = fileURLToPath(new URL('../../schema', import.meta.url))

/** The gateway of production's own `createGateway`, in process, with keys of its own. */
export async function createTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const {
    folder = mkdtempSync(join(tmpdir(), 'sealgate-test-')),
    database = `test_${new mongoose.mongo.ObjectId().toHexString()}`,
  } = options
  const server =
    options.uri === undefined ? await createMongodbServer({ folder: join(folder, 'database') }) : undefined
  const uri = options.uri ?? server?.uri ?? ''
  const { signingKey, authenticator } = await loadDevelopmentKeys(folder, 'default')
  const logs: string[] = []
  const keys: KeyProviderOptions = {
    provider: 'local',
    folder: join(folder, 'keys'),
    masterKey: { file: join(folder, 'master-key'), generate: true },
  }
  const gateway = await createGateway({
    schemaFolder: shippedSchema,
    storage: { uri, database, keysDatabase: `${database}_keys` },
    keys,
    keyRights: 'full',
    keyPolicies: KeyPolicies.read(),
    keyApi: 'role:ADMIN',
    keySchedule: 'off',
    backups: {},
    authentication: authenticator,
    explorer: 'off',
    explorerTabs: () => [],
    introspection: true,
    executor: 'planned',
    audit: { sinks: ['database'] },
    cache: { kind: 'off' },
    performance: 'balanced',
    cipher: 'aes-256-gcm',
    metrics: 'off',
    limits: { ...defaultLimits, pageSize: 500, batchSize: 1_000, relationSize: 5_000 },
    log: { level: 'debug', stream: { write: (line) => logs.push(line) } },
    ...options,
  }).catch(async (error: unknown) => {
    await server?.close()
    throw error
  })
  const client = new mongoose.mongo.MongoClient(uri)
  const token = (viewer: Partial<TokenRequest>): Promise<string> =>
    mintToken(signingKey, { kind: 'user', id: 'someone', lifetimeSeconds: 3600, ...viewer })
  return {
    gateway,
    folder,
    uri,
    database,
    logs,
    token,
    ask: async (viewer, query, variables) => {
      const response = await gateway.app.inject({
        method: 'POST',
        url: '/graphql',
        headers: viewer === undefined ? {} : { authorization: `Bearer ${await token(viewer)}` },
        payload: { query, variables },
      })
      const { data, errors = [] } = response.json()
      return { status: response.statusCode, data, errors, text: response.body }
    },
    raw: (collection) => client.db(database).collection(collection),
    rawKeys: (collection) => client.db(`${database}_keys`).collection(collection),
    databases: [client.db(database), client.db(`${database}_keys`)],
    stop: async () => {
      await gateway.close()
      await client.close()
      await server?.close()
    },
    close: async () => {
      await gateway.close()
      await client.db(database).dropDatabase()
      await client.db(`${database}_keys`).dropDatabase()
      await client.close()
      await server?.close()
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}
