import { keksOf } from '../../rotation/kek-name.ts'
import type { KeysOptions } from '../keys.ts'
import { withKeys } from './open-keys.ts'
import { runKeyJob } from './run-key-job.ts'

export interface CleanupOptions extends KeysOptions {
  readonly apply?: boolean
  readonly ignoreGrace?: boolean
}

export function cleanup(keyTypes: readonly string[], options: CleanupOptions): Promise<void> {
  const { apply = false, ignoreGrace = false } = options
  return withKeys(options, (keys) =>
    runKeyJob(keys, 'cleanup', { keks: keksOf(keyTypes, keys.keks), apply, ignoreGrace }, options),
  )
}
