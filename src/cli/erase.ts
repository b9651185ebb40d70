import { Argument, type Command } from 'commander'

import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import type { KeysOptions } from './keys.ts'
import { runCommand } from './run-command.ts'
import { readName } from './viewer-options.ts'

export type EraseAction = 'subject' | 'verify' | 'key'

export interface EraseOptions extends KeysOptions {
  readonly subject?: string
  readonly tenant?: string
  readonly yes?: boolean
  /** Where the receipt goes, in the place of standard output. */
  readonly receipt?: string
  /** A public key that verifies, in the place of the installation's. */
  readonly key?: string
}

export function registerErase(program: Command): void {
  const command = program
    .command('erase')
    .description(
      'Erase a subject in all models, for ever, and sign a receipt. Without --yes it only shows what would be erased.',
    )
    .addArgument(
      new Argument('[action]', 'subject, verify (a receipt) or key (print what verifies receipts)')
        .choices(['subject', 'verify', 'key'])
        .default('subject'),
    )
    .argument('[file]', 'verify: the receipt')
    .option('--subject <id>', 'who is erased', readName)
    .option('--tenant <tenant>', 'their tenant (default: SEALGATE_TENANT, or default)', readName)
    .option('--yes', 'erase; nothing leads back')
    .option('--receipt <file>', 'where the receipt goes (default: standard output); it must not exist')
    .option('--key <file>', 'verify: the public key, without the installation that signed')
  addConfigOptions(command, ['schema', 'data'])
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (action: EraseAction, file: string | undefined, options: EraseOptions) =>
        (await import('./erase/erase.ts')).erase(action, file, options),
      ),
    )
  describeUse(command, {
    examples: [
      'sealgate erase --subject 0198c3a4b5d60000c7f2a1e9',
      'sealgate erase --subject 0198c3a4b5d60000c7f2a1e9 --yes --receipt receipt.jws',
      'sealgate erase key > receipts.jwk',
      'sealgate erase verify receipt.jws --key receipts.jwk',
    ],
    exits: { 1: 'not everything could be erased, or the receipt is not what was signed' },
  })
}
