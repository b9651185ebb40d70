import { type Command, InvalidArgumentError } from 'commander'

import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { runCommand } from './run-command.ts'
import { addViewerOptions, type ViewerOptions } from './viewer-options.ts'

export interface ExplainOptions extends Pick<Overrides, 'schema'>, ViewerOptions {
  readonly json?: boolean
}

export function registerExplain(program: Command): void {
  const command = program
    .command('explain')
    .description(
      'Say whether a viewer sees a field hidden, masked or clear, and which words of the schema decide.',
    )
    .argument('<coordinate>', 'a type and a field of it, such as Customer.email', readCoordinate)
  addViewerOptions(command)
  addConfigOptions(command, ['schema'])
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (coordinate: string, options: ExplainOptions) => {
        const { explain } = await import('./explain/explain.ts')
        explain(coordinate, options)
      }),
    )
  describeUse(command, {
    examples: [
      'sealgate explain Customer.email --role SUPPORT',
      'sealgate explain Card.number --scope cards:reveal',
    ],
  })
}

function readCoordinate(value: string): string {
  if (/^\w+\.\w+$/.test(value)) return value
  throw new InvalidArgumentError('Write the type, a dot, and the field.')
}
