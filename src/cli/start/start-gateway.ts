import type { SigningKey } from '../../auth/mint-token.ts'
import type { Config } from '../../config/load-config.ts'
import { GatewayError } from '../../errors.ts'
import { createGateway, type Gateway } from '../../server/create-gateway.ts'
import type { ExplorerTab } from '../../server/explorer/explorer-tab.ts'
import { prepareGatewayOptions } from '../gateway-options.ts'
import type { Database } from '../open-database.ts'
import { type DevelopmentToken, explorerTabs, mintDevelopmentTokens } from './development-tokens.ts'
import { type Example, loadExample } from './example.ts'
import { type ExampleState, prepareExample } from './seed-example.ts'

export interface StartedGateway {
  readonly gateway: Gateway
  readonly url: string
  /** Undefined where there are no metrics. */
  readonly metricsUrl: string | undefined
  readonly example: Example
  readonly exampleState: ExampleState
  /** Empty unless the gateway accepts development tokens. */
  readonly tokens: readonly DevelopmentToken[]
  readonly close: () => Promise<void>
}

/** Starts the gateway over a database, which ends with it or with the attempt, and listens. */
export async function startGateway(config: Config, database: Database): Promise<StartedGateway> {
  try {
    return await startOver(database, config)
  } catch (error) {
    await database.close()
    throw error
  }
}

async function startOver(database: Database, config: Config): Promise<StartedGateway> {
  const tabs: ExplorerTab[] = []
  const { options, developmentKeys } = await prepareGatewayOptions(config, database.uri, () => tabs)
  const gateway = await createGateway(options)
  try {
    const example = loadExample(config.gateway.schemaFolder, gateway.policies)
    const { tokens, exampleState } = await prepareViewers(
      gateway,
      example,
      developmentKeys?.signingKey,
      config,
    )
    tabs.push(...explorerTabs(example, tokens))
    const url = await gateway.app.listen({ host: config.host, port: config.port })
    const metricsUrl = await listenForMetrics(gateway, config)
    const close = async (): Promise<void> => {
      await gateway.close()
      await database.close()
    }
    return { gateway, url, metricsUrl, example, exampleState, tokens, close }
  } catch (error) {
    await gateway.close()
    throw error
  }
}

/** @throws CONFIGURATION_INVALID naming the variables: an address of the API says its own */
async function listenForMetrics({ metricsApp }: Gateway, { metrics }: Config): Promise<string | undefined> {
  if (metrics === undefined) return undefined
  try {
    return await metricsApp?.listen(metrics)
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    const message = `The metrics cannot be served at ${metrics.host}, port ${metrics.port} (${code}): see SEALGATE_METRICS_HOST and SEALGATE_METRICS_PORT.`
    throw new GatewayError('CONFIGURATION_INVALID', { message })
  }
}

/** In development: the example data, made at the first start, and a token for each viewer of it. */
async function prepareViewers(
  gateway: Gateway,
  example: Example,
  key: SigningKey | undefined,
  { dataFolder, defaultTenant }: Config,
): Promise<Pick<StartedGateway, 'tokens' | 'exampleState'>> {
  if (key === undefined) return { tokens: [], exampleState: 'none' }
  const [creator] = await mintDevelopmentTokens(
    key,
    { ...example, viewers: example.viewers.slice(0, 1) },
    {},
    defaultTenant,
  )
  const { ids, state } = await prepareExample(gateway, example, creator?.token, dataFolder)
  return { tokens: await mintDevelopmentTokens(key, example, ids, defaultTenant), exampleState: state }
}
