import type { Command } from 'commander'

import { describeUse } from './describe-use.ts'
import { addHolderOptions, type HolderOptions } from './holder-options.ts'
import { runCommand } from './run-command.ts'

export interface SealOptions extends HolderOptions {
  readonly out?: string
  readonly compress?: boolean
  readonly json?: boolean
}

export function registerSeal(program: Command): void {
  const command = program
    .command('seal')
    .description('Encrypt a file of any size under a data key of the gateway.')
    .argument('<file>', 'the file, or - for standard input')
    .option('--out <file>', 'where to, or - for standard output (default: the name with .sealed)')
    .option('--compress', 'compress it first; its length then tells something of its content')
  addHolderOptions(command)
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (file: string, options: SealOptions) =>
        (await import('./sealed-file/seal.ts')).seal(file, options),
      ),
    )
  describeUse(command, {
    examples: [
      'sealgate seal statement.pdf --subject 0198c3a4b5d60000c7f2a1e9',
      'pg_dump shop | sealgate seal - --key-type FINANCIAL --compress > shop.sql.sealed',
    ],
    exits: {
      1: 'the file could not be sealed; there is no new file',
      2: 'the arguments, the configuration or the schema are wrong, or the new file is there already',
      130: 'stopped by Ctrl-C or SIGTERM; there is no new file',
    },
  })
}
