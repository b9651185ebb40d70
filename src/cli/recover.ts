import type { Command } from 'commander'

import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { runCommand } from './run-command.ts'

export interface RecoverOptions extends Pick<Overrides, 'schema'> {
  readonly documents: string
  readonly keys: string
  readonly out: string
  readonly json?: boolean
}

export function registerRecover(program: Command): void {
  const command = program
    .command('recover')
    .description(
      'Decrypt backups into files of JSON, with the key service and nothing else: no gateway, no database server.',
    )
    .requiredOption('--documents <folder>', 'a backup of the documents')
    .requiredOption('--keys <folder>', 'a backup of the keys, as new as that or newer')
    .requiredOption('--out <folder>', 'a new folder; it will hold everything in clear')
  addConfigOptions(command, ['schema'])
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (options: RecoverOptions) => (await import('./recover/recover.ts')).recover(options)),
    )
  describeUse(command, {
    examples: [
      'SEALGATE_MASTER_KEY_FILE=/safe/master-key sealgate recover --documents documents-25 --keys keys-25 --out clear',
      'VAULT_ADDR=https://restored.example VAULT_TOKEN_FILE=token sealgate recover --documents d --keys k --out clear',
    ],
    exits: { 1: 'some values do not decrypt, or have no model; all others are there' },
  })
}
