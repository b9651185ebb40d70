import { keksOf } from '../../rotation/kek-name.ts'
import type { KeysOptions } from '../keys.ts'
import { withKeys } from './open-keys.ts'
import { runKeyJob } from './run-key-job.ts'

export interface ReindexOptions extends KeysOptions {
  readonly due?: boolean
}

export function reindex(keyTypes: readonly string[], { due, ...options }: ReindexOptions): Promise<void> {
  return withKeys(options, async (keys) => {
    const known = [...new Set(keksOf(keyTypes, keys.keks).map(({ keyType }) => keyType))]
    const parameters = { keyTypes: known, ...(due === true && { onlyDue: true }) }
    await runKeyJob(keys, 'reindex', parameters, options)
  })
}
