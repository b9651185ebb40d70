import type { Command } from 'commander'

import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { runCommand } from './run-command.ts'
import { addViewerOptions, type ViewerOptions } from './viewer-options.ts'

export interface GetOptions extends Pick<Overrides, 'schema' | 'data'>, ViewerOptions {
  readonly token?: string
  readonly json?: boolean
}

export function registerGet(program: Command): void {
  const command = program
    .command('get')
    .description('Show a document as a viewer sees it: through the gateway itself, under all its rules.')
    .argument('<type>', 'a model of the schema, such as Customer')
    .argument('<id>', "the document's id")
    .option('--token <token>', 'the token of the viewer; without it one is made from the options below')
  addViewerOptions(command)
  addConfigOptions(command, ['schema', 'data'])
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (type: string, id: string, options: GetOptions) =>
        (await import('./get/get.ts')).get(type, id, options),
      ),
    )
  describeUse(command, {
    examples: [
      'sealgate get Customer 0198c3a4b5d60000c7f2a1e9 --role SUPPORT',
      'sealgate get Customer 0198c3a4b5d60000c7f2a1e9 --token "$TOKEN" --json',
    ],
    exits: { 1: 'this viewer may not ask, or there is no such document for them' },
  })
}
