import { type DevelopmentKeys, loadDevelopmentKeys } from '../auth/development-keys.ts'
import type { Config } from '../config/load-config.ts'
import type { ExplorerTab } from '../server/explorer/explorer-tab.ts'
import type { GatewayOptions } from '../server/options.ts'

export interface PreparedOptions {
  readonly options: GatewayOptions
  /** Absent unless development tokens are accepted. */
  readonly developmentKeys: DevelopmentKeys | undefined
}

/** What the configuration says of a gateway, over a database that is there. */
export async function prepareGatewayOptions(
  config: Config,
  uri: string,
  explorerTabs: () => readonly ExplorerTab[] = () => [],
): Promise<PreparedOptions> {
  const { tokens, dataFolder, defaultTenant } = config
  const developmentKeys =
    tokens.kind === 'development' ? await loadDevelopmentKeys(dataFolder, defaultTenant) : undefined
  const authentication = tokens.kind === 'configured' ? tokens.options : developmentKeys?.authenticator
  if (authentication === undefined) throw new TypeError('no token keys')
  const { databaseName, keysDatabaseName, ...gateway } = config.gateway
  return {
    options: {
      ...gateway,
      storage: { uri, database: databaseName, keysDatabase: keysDatabaseName },
      authentication,
      explorerTabs,
    },
    developmentKeys,
  }
}
