import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { loadDevelopmentKeys, signingKeyFile } from '../../auth/development-keys.ts'
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
  const isNew = !existsSync(join(dataFolder, signingKeyFile))
  const { signingKey } = await loadDevelopmentKeys(dataFolder, defaultTenant)
  if (isNew) {
    process.stderr.write(
      `note: ${dataFolder} had no key, so one was made: only a gateway of that folder accepts the token (--data names another).\n`,
    )
  }
  return mintToken(signingKey, toTokenRequest(viewer, defaultTenant, lifetimeSeconds))
}
