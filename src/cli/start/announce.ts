import { styleText } from 'node:util'

import type { Config } from '../../config/load-config.ts'
import type { KeyProviderOptions } from '../../kms/index.ts'
import { graphqlPath } from '../../server/create-gateway.ts'
import type { DevelopmentToken } from './development-tokens.ts'
import type { Example } from './example.ts'
import type { ExampleState } from './seed-example.ts'

export interface Announcement {
  readonly config: Config
  readonly url: string
  readonly metricsUrl: string | undefined
  readonly example: Example
  readonly exampleState: ExampleState
  readonly tokens: readonly DevelopmentToken[]
}

/** What a person reads when the gateway has started. */
export function announce({ config, url, metricsUrl, example, exampleState, tokens }: Announcement): string {
  const endpoint = `${url}${graphqlPath}`
  const browser = config.gateway.explorer === 'off' ? '' : '  (open it in a browser, too)'
  const warnings = developmentParts(config)
  return [
    '',
    `  Sealgate answers at ${emphasise('green', endpoint)}${browser}`,
    '',
    ...facts(config, exampleState, metricsUrl).map(
      ([name, fact]) => `  ${styleText('dim', name.padEnd(10))}${fact}`,
    ),
    ...(warnings.length === 0
      ? []
      : ['', `  ${styleText('yellow', 'For development, not for production:')} ${warnings.join(', ')}.`]),
    ...(tokens.length === 0 ? [] : ['', '  The same query as each viewer (tokens last 30 days):']),
    ...tokens.flatMap((viewer) => curlLines(viewer, endpoint, example)),
    '',
    '  What is stored, who sees what, and whether all is well: npx sealgate --help',
    '  Stop with Ctrl-C. The data stays.',
    '',
  ].join('\n')
}

function facts(
  { database, dataFolder, gateway }: Config,
  state: ExampleState,
  metricsUrl: string | undefined,
): [string, string][] {
  const { schemaFolder, keys } = gateway
  const data = { made: ', new, with example data', kept: ', with the data of earlier starts', none: '' }[
    state
  ]
  return [
    ['schema', schemaFolder],
    ['data', `${database.kind === 'embedded' ? dataFolder : 'the MongoDB server of MONGODB_URI'}${data}`],
    ['keys', describeKeys(keys)],
    ...(metricsUrl === undefined ? [] : [['metrics', `${metricsUrl}/metrics`] satisfies [string, string]]),
  ]
}

function describeKeys({ previous, ...keys }: KeyProviderOptions): string {
  if (previous !== undefined)
    return `${describeKeys(keys)}, and those not yet moved from ${describeKeys(previous)}`
  if (keys.provider === 'local') return keys.folder
  return keys.provider === 'vault' ? `Vault at ${keys.address}` : keys.provider
}

function developmentParts({ gateway, database, tokens }: Config): readonly string[] {
  return [
    ...(gateway.keys.provider === 'local' ? ['keys in local files'] : []),
    ...(database.kind === 'embedded' ? ['an embedded database'] : []),
    ...(tokens.kind === 'development' ? ['tokens signed by this machine'] : []),
  ]
}

function curlLines(
  { viewer, token }: DevelopmentToken,
  endpoint: string,
  { query }: Example,
): readonly string[] {
  const body = JSON.stringify({ query }).replaceAll("'", "'\\''")
  const heading = `# ${emphasise('cyan', viewer.name)} ${viewer.description ?? ''}`
  const headers = `-H 'content-type: application/json' -H 'authorization: Bearer ${token}'`
  return ['', `  ${heading.trimEnd()}`, styleText('dim', `curl -s ${endpoint} ${headers} -d '${body}'`)]
}

/** Node 20 colours even what is no terminal when it is given two styles at once. */
function emphasise(colour: 'green' | 'cyan', text: string): string {
  return styleText('bold', styleText(colour, text))
}
