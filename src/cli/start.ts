import type { Command } from 'commander'

import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { runCommand } from './run-command.ts'

export interface StartOptions extends Overrides {
  readonly json?: boolean
}

export function registerStart(program: Command): void {
  const command = program
    .command('start')
    .description('Start the gateway. Without configuration: an embedded database, local keys, example data.')
  addConfigOptions(command, ['schema', 'host', 'port', 'data'])
    .option('--json', 'print one line of JSON, as soon as the gateway answers')
    .action(runCommand(async (options: StartOptions) => (await import('./start/start.ts')).start(options)))
  describeUse(command, {
    examples: ['sealgate start', 'sealgate start --schema ./schema --port 8080'],
    exits: {
      0: 'stopped by Ctrl-C or SIGTERM, after running requests had ended',
      1: 'the gateway failed, or the port is in use',
      130: 'stopped at once, by a second Ctrl-C',
    },
  })
}
