import { loadConfig } from '../../config/load-config.ts'
import type { TokenOptions } from '../token.ts'
import { toTokenRequest } from '../viewer-options.ts'
import { mintDevelopmentToken } from './mint-development-token.ts'

const hour = 3_600

export async function printToken(options: TokenOptions): Promise<void> {
  const config = loadConfig(options)
  const lifetimeSeconds = options.expires ?? hour
  const token = await mintDevelopmentToken(config, options, lifetimeSeconds)
  if (options.json === true) {
    const {
      roles = [],
      scopes = [],
      ...viewer
    } = toTokenRequest(options, config.defaultTenant, lifetimeSeconds)
    const header = `authorization: Bearer ${token}`
    process.stdout.write(`${JSON.stringify({ token, header, ...viewer, roles, scopes })}\n`)
  } else process.stdout.write(options.header === true ? `authorization: Bearer ${token}\n` : `${token}\n`)
}
