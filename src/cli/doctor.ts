import type { Command } from 'commander'

import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { describeUse } from './describe-use.ts'
import { runCommand } from './run-command.ts'

export interface DoctorOptions extends Pick<Overrides, 'schema' | 'data'> {
  readonly json?: boolean
}

export function registerDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('Check this machine, the configuration, the database and the key service. Changes nothing.')
  addConfigOptions(command, ['schema', 'data'])
    .option('--json', 'print one line of JSON')
    .action(
      runCommand(async (options: DoctorOptions) => (await import('./doctor/doctor.ts')).doctor(options)),
    )
  describeUse(command, {
    examples: ['sealgate doctor', 'NODE_ENV=production sealgate doctor --json'],
    exits: { 0: 'no failure, warnings perhaps', 1: 'there is a failure' },
  })
}
