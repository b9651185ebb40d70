import type { Command } from 'commander'

import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { runCommand } from './run-command.ts'
import { parseLifetime } from './token/parse-lifetime.ts'
import { addViewerOptions, type ViewerOptions } from './viewer-options.ts'

export interface TokenOptions extends Pick<Overrides, 'data'>, ViewerOptions {
  readonly expires?: number
  readonly header?: boolean
  readonly json?: boolean
}

export function registerToken(program: Command): void {
  const command = program
    .command('token')
    .description('Make a token for development, signed by the key of the data folder.')
  addViewerOptions(command)
    .option('--expires <time>', 'how long it is good for, such as 15m or 30d (default: 1h)', parseLifetime)
    .option('--header', 'print a whole header: authorization: Bearer …')
  addConfigOptions(command, ['data'])
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (options: TokenOptions) =>
        (await import('./token/print-token.ts')).printToken(options),
      ),
    )
  describeUse(command, {
    examples: [
      'sealgate token --role SUPPORT --expires 30d',
      'curl -s http://127.0.0.1:4000/graphql -H "$(sealgate token --header --role ADMIN)" …',
    ],
    exits: { 2: 'the arguments are wrong, or the gateway accepts no development tokens' },
  })
}
