import type { Command } from 'commander'

import type { Overrides } from '../config/load-config.ts'
import { addConfigOptions } from './config-options.ts'
import { readName } from './viewer-options.ts'

/** Under whose key a file is sealed, as the command line says it. */
export interface HolderOptions extends Pick<Overrides, 'schema' | 'data'> {
  readonly keyType?: string
  readonly tenant?: string
  readonly subject?: string
}

export function addHolderOptions(command: Command): Command {
  command
    .option('--key-type <type>', 'the key type, as @encrypted(key:) names it (default: PII)', readName)
    .option('--tenant <tenant>', 'whose key it is (default: SEALGATE_TENANT, or default)', readName)
    .option('--subject <id>', 'under the key of this subject alone', readName)
  return addConfigOptions(command, ['schema', 'data'])
}
