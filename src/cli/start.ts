import type { Command } from 'commander'

import { loadConfig, type Overrides } from '../config/load-config.ts'
import { announce } from './start/announce.ts'
import { startGateway } from './start/start-gateway.ts'
import { runCommand } from './run-command.ts'

export function registerStart(program: Command): void {
  program
    .command('start')
    .description('Start the gateway. Without configuration: an embedded database, local keys, example data.')
    .option('--schema <folder>', 'folder of SDL files (SEALGATE_SCHEMA)')
    .option('--host <address>', 'address to listen on (SEALGATE_HOST)')
    .option('--port <number>', 'port to listen on (SEALGATE_PORT)')
    .option('--data <folder>', 'where development keys and the embedded database are kept (SEALGATE_DATA)')
    .option('--json', 'print one line of JSON instead of text')
    .action(runCommand(start))
}

async function start(options: Overrides & { json?: boolean }): Promise<void> {
  const config = loadConfig(options)
  const started = await startGateway(config)
  let closing = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (closing) return
      closing = true
      void started.close().then(() => process.exit(0))
    })
  }
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
