import type { Command } from 'commander'

import type { Overrides } from '../config/load-config.ts'

const options: Readonly<Record<keyof Overrides, readonly [flags: string, description: string]>> = {
  schema: ['--schema <folder>', 'folder of SDL files (SEALGATE_SCHEMA; default: the shipped example)'],
  host: ['--host <address>', 'address to listen on (SEALGATE_HOST; default: 127.0.0.1)'],
  port: ['--port <number>', 'port to listen on (SEALGATE_PORT; default: 4000)'],
  data: ['--data <folder>', 'development keys and embedded database (SEALGATE_DATA; default: .sealgate)'],
}

/** Options that stand for variables of the configuration, in the place of which they are taken. */
export function addConfigOptions(command: Command, names: readonly (keyof Overrides)[]): Command {
  for (const name of names) command.option(...options[name])
  return command
}
