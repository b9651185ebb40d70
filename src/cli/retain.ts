import type { Command } from 'commander'

import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import type { KeysOptions } from './keys.ts'
import { runCommand } from './run-command.ts'

export interface RetainOptions extends KeysOptions {
  readonly yes?: boolean
}

export function registerRetain(program: Command): void {
  const command = program
    .command('retain')
    .description('Erase the documents that are older than @retain allows. Without --yes it only counts them.')
    .option('--yes', 'erase them')
  addConfigOptions(command, ['schema', 'data'])
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (options: RetainOptions) => (await import('./retain/retain.ts')).retain(options)),
    )
  describeUse(command, {
    examples: ['sealgate retain', 'sealgate retain --yes --json'],
    exits: { 1: 'not all of them could be erased' },
  })
}
