import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { loadDevelopmentKeys } from '../../auth/development-keys.ts'
import type { SigningKey } from '../../auth/mint-token.ts'
import type { Config } from '../../config/load-config.ts'
import { startEmbeddedMongodb } from '../../embedded-mongodb/index.ts'
import { createGateway, type Gateway } from '../../server/create-gateway.ts'
import type { ExplorerTab } from '../../server/explorer/explorer-tab.ts'
import { type DevelopmentToken, explorerTabs, mintDevelopmentTokens } from './development-tokens.ts'
import { type Example, loadExample } from './example.ts'
import { readExampleIds, seedExample } from './seed-example.ts'

export interface StartedGateway {
  readonly gateway: Gateway
  readonly url: string
  readonly example: Example
  /** Empty unless the gateway accepts development tokens. */
  readonly tokens: readonly DevelopmentToken[]
  readonly close: () => Promise<void>
}

/** Starts what the configuration names, the embedded database included, and listens. */
export async function startGateway(config: Config): Promise<StartedGateway> {
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 })
  const database =
    config.database.kind === 'embedded'
      ? await startEmbeddedMongodb({ folder: join(config.dataFolder, 'database') })
      : { uri: config.database.uri, close: () => Promise.resolve() }
  try {
    return await startOver(database, config)
  } catch (error) {
    await database.close()
    throw error
  }
}

async function startOver(
  database: { uri: string; close: () => Promise<void> },
  config: Config,
): Promise<StartedGateway> {
  const development =
    config.tokens.kind === 'development'
      ? await loadDevelopmentKeys(config.dataFolder, config.defaultTenant)
      : undefined
  const authentication =
    config.tokens.kind === 'configured' ? config.tokens.options : development?.authenticator
  if (authentication === undefined) throw new TypeError('no token keys')
  const tabs: ExplorerTab[] = []
  const { databaseName, keysDatabaseName, ...options } = config.gateway
  const gateway = await createGateway({
    ...options,
    storage: { uri: database.uri, database: databaseName, keysDatabase: keysDatabaseName },
    authentication,
    explorerTabs: () => tabs,
  })
  const example = loadExample(config.gateway.schemaFolder, gateway.policies)
  const tokens =
    development === undefined ? [] : await prepareExample(gateway, example, development.signingKey, config)
  tabs.push(...explorerTabs(example, tokens))
  const url = await gateway.app.listen({ host: config.host, port: config.port })
  return {
    gateway,
    url,
    example,
    tokens,
    close: async () => {
      await gateway.close()
      await database.close()
    },
  }
}

async function prepareExample(
  gateway: Gateway,
  example: Example,
  key: SigningKey,
  { dataFolder, defaultTenant }: Config,
): Promise<readonly DevelopmentToken[]> {
  const [creator] = await mintDevelopmentTokens(
    key,
    { ...example, viewers: example.viewers.slice(0, 1) },
    {},
    defaultTenant,
  )
  const known = readExampleIds(dataFolder)
  const ids =
    known ?? (creator === undefined ? {} : await seedExample(gateway, example, creator.token, dataFolder))
  return mintDevelopmentTokens(key, example, ids, defaultTenant)
}
