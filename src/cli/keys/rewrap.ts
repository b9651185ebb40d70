import { keksOf } from '../../rotation/kek-name.ts'
import type { KeysOptions } from '../keys.ts'
import { withKeys } from './open-keys.ts'
import { runKeyJob } from './run-key-job.ts'

export function rewrap(keyTypes: readonly string[], options: KeysOptions): Promise<void> {
  return withKeys(options, (keys) =>
    runKeyJob(keys, 'rewrap', { keks: keksOf(keyTypes, keys.keks) }, options),
  )
}
