import { Argument, type Command } from 'commander'

import type { BackupPart } from '../backup/manifest.ts'
import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { runCommand } from './run-command.ts'

export interface BackupOptions extends Pick<Overrides, 'schema' | 'data'> {
  readonly json?: boolean
}

const part = (): Argument =>
  new Argument('<part>', 'documents, or keys: they belong in two places').choices(['documents', 'keys'])

export function registerBackup(program: Command): void {
  const backup = program
    .command('backup')
    .description('Write a backup of the documents, or of the keys, into a new folder. Nothing is decrypted.')
    .addArgument(part())
    .argument('<folder>', 'a folder that is not there yet')
  addConfigOptions(backup, ['data'])
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (of: BackupPart, folder: string, options: BackupOptions) =>
        (await import('./backup/backup.ts')).backup(of, folder, options),
      ),
    )
  describeUse(backup, {
    examples: ['sealgate backup documents /backups/documents-25', 'sealgate backup keys /elsewhere/keys-25'],
  })
}

export function registerRestore(program: Command): void {
  const restore = program
    .command('restore')
    .description('Write a backup into an empty database. Documents of any age go with the newest keys.')
    .addArgument(part())
    .argument('<folder>', 'a folder that sealgate backup wrote')
  addConfigOptions(restore, ['data'])
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (of: BackupPart, folder: string, options: BackupOptions) =>
        (await import('./backup/restore.ts')).restore(of, folder, options),
      ),
    )
  describeUse(restore, {
    examples: [
      'sealgate restore keys /elsewhere/keys-25',
      'sealgate restore documents /backups/documents-25',
    ],
  })
}
