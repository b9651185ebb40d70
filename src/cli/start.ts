import type { Command } from 'commander'

import { loadConfig, type Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { runCommand } from './run-command.ts'
import { announce } from './start/announce.ts'
import { startGateway } from './start/start-gateway.ts'
import { endOnFailure, endOnSignal } from './start/end-process.ts'

interface StartOptions extends Overrides {
  readonly json?: boolean
}

export function registerStart(program: Command): void {
  const command = program
    .command('start')
    .description('Start the gateway. Without configuration: an embedded database, local keys, example data.')
  addConfigOptions(command, ['schema', 'host', 'port', 'data'])
    .option('--json', 'print one line of JSON, as soon as the gateway answers')
    .action(runCommand(start))
  describeUse(command, {
    examples: ['sealgate start', 'sealgate start --schema ./schema --port 8080'],
    exits: {
      0: 'stopped by Ctrl-C or SIGTERM, after running requests had ended',
      1: 'the gateway failed, or the port is in use',
      130: 'stopped at once, by a second Ctrl-C',
    },
  })
}

async function start(options: StartOptions): Promise<void> {
  const config = loadConfig(options)
  const started = await startGateway(config)
  endOnFailure(started.gateway.app.log)
  endOnSignal(started.close)
  const { url, tokens } = started
  const text =
    options.json === true
      ? JSON.stringify({
          url,
          tokens: Object.fromEntries(tokens.map(({ viewer, token }) => [viewer.name, token])),
        })
      : announce({ ...started, config })
  process.stdout.write(`${text}\n`)
}
