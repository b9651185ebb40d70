import { GatewayError } from '../../errors.ts'
import { keksOf } from '../../rotation/kek-name.ts'
import type { KeysOptions } from '../keys.ts'
import { withKeys } from './open-keys.ts'
import { runKeyJob } from './run-key-job.ts'

export interface RotateOptions extends KeysOptions {
  readonly all?: boolean
  readonly due?: boolean
}

export function rotate(keyTypes: readonly string[], options: RotateOptions): Promise<void> {
  if ([keyTypes.length > 0, options.all === true, options.due === true].filter(Boolean).length !== 1) {
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: 'Name key types, or give --due or --all: a new version is made of each.',
    })
  }
  const onlyDue = options.due === true
  return withKeys(options, (keys) =>
    runKeyJob(keys, 'rotate', { keks: keksOf(keyTypes, keys.keks), ...(onlyDue && { onlyDue }) }, options),
  )
}
