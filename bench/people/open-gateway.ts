import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { loadDevelopmentKeys } from '../../src/auth/development-keys.ts'
import { mintToken } from '../../src/auth/mint-token.ts'
import { KeyPolicies } from '../../src/crypto/key-policy.ts'
import { startEmbeddedMongodb } from '../../src/embedded-mongodb/index.ts'
import { createGateway, type Gateway, graphqlPath } from '../../src/server/create-gateway.ts'
import { defaultLimits } from '../../src/server/limits.ts'
import type { GatewayOptions, LogOptions } from '../../src/server/options.ts'
import { projectFolder } from '../project-folder.ts'
import { people, type Role, roles } from './people.ts'

export interface PeopleGateway {
  readonly gateway: Gateway
  readonly authorization: Readonly<Record<Role, string>>
  /** Creates all people once more. */
  readonly createMore: () => Promise<void>
  readonly close: () => Promise<void>
}

/** The gateway as production composes it, over the embedded database, with the people created through its API. */
export async function openPeopleGateway(
  log: LogOptions,
  audit: GatewayOptions['audit'] = 'off',
): Promise<PeopleGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-bench-'))
  const database = await startEmbeddedMongodb({ folder: join(folder, 'database') })
  const { signingKey, authenticator } = await loadDevelopmentKeys(folder, 'default')
  const gateway = await createGateway({
    schemaFolder: join(projectFolder, 'bench/people/schema'),
    storage: { uri: database.uri, database: 'bench', keysDatabase: 'bench_keys' },
    keys: {
      provider: 'local',
      folder: join(folder, 'keys'),
      masterKey: { file: join(folder, 'master-key'), generate: true },
    },
    keyRights: 'full',
    keyPolicies: KeyPolicies.read(),
    keyApi: 'role:ADMIN',
    keySchedule: 'off',
    backups: {},
    authentication: authenticator,
    explorer: 'off',
    explorerTabs: () => [],
    introspection: false,
    executor: 'planned',
    audit,
    cache: { kind: 'off' },
    performance: 'balanced',
    cipher: 'aes-256-gcm',
    metrics: 'off',
    limits: { ...defaultLimits, pageSize: 500, batchSize: 1_000, relationSize: 5_000 },
    log,
  })
  const mint = async (role: Role): Promise<[Role, string]> => {
    const request = { kind: 'user', id: role.toLowerCase(), roles: [role], lifetimeSeconds: 3_600 } as const
    return [role, `Bearer ${await mintToken(signingKey, request)}`]
  }
  const authorization = Object.fromEntries(await Promise.all(roles.map(mint))) as Record<Role, string>
  await createPeople(gateway, authorization.CLEAR)
  return {
    gateway,
    authorization,
    createMore: () => createPeople(gateway, authorization.CLEAR),
    close: async () => {
      await gateway.close()
      await database.close()
      rmSync(folder, { recursive: true })
    },
  }
}

async function createPeople({ app }: Gateway, authorization: string): Promise<void> {
  const query = `mutation Create($inputs: [PersonCreateInput!]!) {
    createPeople(inputs: $inputs) { document { id } error { code } }
  }`
  const answer = await app.inject({
    method: 'POST',
    url: graphqlPath,
    headers: { authorization },
    payload: { query, variables: { inputs: people } },
  })
  const { data } = answer.json<{ data?: { createPeople?: { document: object | null }[] | null } }>()
  const created = data?.createPeople?.filter(({ document }) => document !== null) ?? []
  if (created.length !== people.length) throw new Error(`The people were not created: ${answer.body}`)
}
