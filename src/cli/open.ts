import type { Command } from 'commander'

import { describeUse } from './describe-use.ts'
import { addHolderOptions, type HolderOptions } from './holder-options.ts'
import { runCommand } from './run-command.ts'

export interface OpenOptions extends HolderOptions {
  readonly out?: string
  readonly json?: boolean
}

export function registerOpen(program: Command): void {
  const command = program
    .command('open')
    .description('Decrypt a file that seal made, with the options that seal was given.')
    .argument('<file>', 'the file, or - for standard input')
    .option('--out <file>', 'where to, or - for standard output (default: the name without .sealed)')
  addHolderOptions(command)
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (file: string, options: OpenOptions) =>
        (await import('./sealed-file/open.ts')).open(file, options),
      ),
    )
  describeUse(command, {
    examples: [
      'sealgate open statement.pdf.sealed --subject 0198c3a4b5d60000c7f2a1e9',
      'sealgate open shop.sql.sealed --key-type FINANCIAL --out - | psql --single-transaction restored',
    ],
    exits: {
      1: 'the file did not open: what came out on standard output, if anything, is not all of it',
      2: 'the arguments, the configuration or the schema are wrong, or the new file is there already',
      130: 'stopped by Ctrl-C or SIGTERM; there is no new file',
    },
  })
}
