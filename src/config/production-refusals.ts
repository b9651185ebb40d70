import { GatewayError } from '../errors.ts'
import { loadConfig, type Overrides, readDatabase, readerOf, readKeys, readTokens } from './load-config.ts'

/** Why a start with NODE_ENV=production would be refused: every reason, where a start names the first. */
export function findProductionRefusals(
  overrides: Overrides = {},
  environment: NodeJS.ProcessEnv = process.env,
): readonly string[] {
  const production = { ...environment, NODE_ENV: 'production' }
  const read = readerOf(overrides, production)
  const attempts = [
    () => readDatabase(read, true),
    () => readKeys(read, true, ''),
    () => readTokens(read, true, 'default'),
    () => loadConfig(overrides, production),
  ]
  const refusals = attempts.flatMap((attempt) => {
    try {
      attempt()
      return []
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return [error.message]
    }
  })
  return [...new Set(refusals)]
}
