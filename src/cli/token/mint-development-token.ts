import { loadDevelopmentKeys } from '../../auth/development-keys.ts'
import { mintToken } from '../../auth/mint-token.ts'
import type { Config } from '../../config/load-config.ts'
import { GatewayError } from '../../errors.ts'
import { toTokenRequest, type ViewerOptions } from '../viewer-options.ts'

/**
 * Makes a token that the gateway of this data folder accepts.
 * @throws CONFIGURATION_INVALID where only the tokens of an issuer are accepted
 */
export async function mintDevelopmentToken(
  { tokens, dataFolder, defaultTenant }: Config,
  viewer: ViewerOptions,
  lifetimeSeconds: number,
): Promise<string> {
  if (tokens.kind === 'configured') {
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: [
        `This gateway accepts only tokens of the issuer ${tokens.options.issuer}, and no development tokens.`,
        'Ask that issuer for a token. Or, on a machine for development, set SEALGATE_TOKENS=development.',
      ].join('\n'),
    })
  }
  const { signingKey } = await loadDevelopmentKeys(dataFolder, defaultTenant)
  return mintToken(signingKey, toTokenRequest(viewer, defaultTenant, lifetimeSeconds))
}
