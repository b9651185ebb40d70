import { type Command, Argument } from 'commander'

import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { runCommand } from './run-command.ts'

export type AuditAction = 'verify' | 'export' | 'anchors'

export interface AuditCommandOptions extends Pick<Overrides, 'data'> {
  /** A log in a file, in the place of the database's. */
  readonly file?: string
  /** A file of anchors that were kept elsewhere. */
  readonly anchors?: string
  readonly since?: string
  readonly until?: string
  readonly coordinate?: string
  readonly subject?: string
  /** Where anchors are written to. */
  readonly export?: string
  readonly json?: boolean
}

export function registerAudit(program: Command): void {
  const command = program
    .command('audit')
    .description('Prove that the audit log is whole, print its events, or copy its anchors. Changes nothing.')
    .addArgument(
      new Argument('<action>', 'verify, export (events as lines of JSON) or anchors').choices([
        'verify',
        'export',
        'anchors',
      ]),
    )
    .option('--file <file>', "the log of a file or of collected output, in the place of the database's")
    .option('--anchors <file>', 'verify: anchors that were kept elsewhere, beside those of the log')
    .option('--since <time>', 'export: events from this time on, such as 2026-11-25T12:00:00Z')
    .option('--until <time>', 'export: events before this time')
    .option('--coordinate <coordinate>', 'export: of a field, such as Customer.email, or of a type')
    .option('--subject <id>', 'export: about the data of this subject')
    .option('--export <file>', 'anchors: the file that they are copied to; it must not exist')
  addConfigOptions(command, ['data'])
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (action: AuditAction, options: AuditCommandOptions) =>
        (await import('./audit/audit.ts')).audit(action, options),
      ),
    )
  describeUse(command, {
    examples: [
      'sealgate audit verify --anchors /mnt/elsewhere/anchors.jsonl',
      'sealgate audit export --coordinate Customer.nationalId --since 2026-11-01T00:00:00Z',
      'sealgate audit anchors --export anchors.jsonl',
    ],
    exits: { 1: 'the log is not what was written' },
  })
}
