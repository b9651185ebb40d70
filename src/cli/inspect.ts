import type { Command } from 'commander'

import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { runCommand } from './run-command.ts'

export interface InspectOptions extends Pick<Overrides, 'schema' | 'data'> {
  readonly tenant?: string
  readonly bytes?: boolean
  readonly json?: boolean
}

export function registerInspect(program: Command): void {
  const command = program
    .command('inspect')
    .description('Show a document as the database holds it. Decrypts nothing and needs no keys.')
    .argument('<type>', 'a model of the schema, such as Customer')
    .argument('<id>', "the document's id")
    .option('--tenant <tenant>', 'whose document it is (default: SEALGATE_TENANT, or default)')
    .option('--bytes', 'show the stored bytes too, as base64')
  addConfigOptions(command, ['schema', 'data'])
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (type: string, id: string, options: InspectOptions) =>
        (await import('./inspect/inspect.ts')).inspect(type, id, options),
      ),
    )
  describeUse(command, {
    examples: [
      'sealgate inspect Customer 0198c3a4b5d60000c7f2a1e9',
      'sealgate inspect Customer 0198c3a4b5d60000c7f2a1e9 --bytes --json',
    ],
    exits: { 1: 'there is no such document, or a path that the schema protects is not sealed' },
  })
}
