import type { Config } from '../../config/load-config.ts'
import { graphqlPath } from '../../server/create-gateway.ts'
import type { DevelopmentToken } from './development-tokens.ts'
import type { Example } from './example.ts'

export interface Announcement {
  readonly config: Config
  readonly url: string
  readonly example: Example
  readonly tokens: readonly DevelopmentToken[]
}

/** What a person reads when the gateway has started. */
export function announce({ config, url, example, tokens }: Announcement): string {
  const endpoint = `${url}${graphqlPath}`
  const { explorer, keys } = config.gateway
  const lines = ['', `  Sealgate answers at ${endpoint}`]
  if (explorer !== 'off') lines.push('  Open it in a browser: one tab per viewer, the same query in each.')
  const warnings = [
    ...(keys.provider === 'local' ? ['keys are sealed in a local file'] : []),
    ...(config.database.kind === 'embedded' ? [`the database is embedded (${config.dataFolder})`] : []),
    ...(config.tokens.kind === 'development' ? ['tokens are signed by this machine'] : []),
  ]
  if (warnings.length > 0) lines.push('', `  FOR DEVELOPMENT, NOT FOR PRODUCTION: ${warnings.join('; ')}.`)
  if (tokens.length > 0) {
    const body = JSON.stringify({ query: example.query }).replaceAll("'", "'\\''")
    lines.push('', '  The same query as each viewer (tokens last 30 days):')
    for (const { viewer, token } of tokens) {
      lines.push(
        '',
        `  # ${viewer.name}${viewer.description === undefined ? '' : ` ${viewer.description}`}`,
        `curl -s ${endpoint} -H 'content-type: application/json' -H 'authorization: Bearer ${token}' -d '${body}'`,
      )
    }
  }
  lines.push('', '  Stop with Ctrl-C. The data stays.', '')
  return lines.join('\n')
}
