import type { Command } from 'commander'

import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { runCommand } from './run-command.ts'

export interface VaultInitOptions extends Pick<Overrides, 'schema'> {
  readonly dryRun?: boolean
  readonly policies?: string
  readonly writePolicies?: boolean
  readonly json?: boolean
}

export function registerVault(program: Command): void {
  const vault = program.command('vault').description('Set up HashiCorp Vault for a schema.')
  const command = vault
    .command('init')
    .description(
      'Make the transit keys of a schema where they are missing, and print a policy for each kind of instance.',
    )
  addConfigOptions(command, ['schema'])
    .option('--dry-run', 'change nothing; say what would be made')
    .option(
      '--policies <folder>',
      'write the policies into a folder, one file each, instead of printing them',
    )
    .option('--write-policies', 'write the policies into Vault')
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (options: VaultInitOptions) => (await import('./vault/init.ts')).initVault(options)),
    )
  describeUse(command, {
    examples: [
      'sealgate vault init --dry-run',
      'sealgate vault init --schema my-schema --policies policies',
      'VAULT_TOKEN=… sealgate vault init --write-policies',
    ],
    exits: { 2: 'the arguments, the configuration or the schema are wrong, or the token may not do this' },
  })
}
