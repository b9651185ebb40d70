import type { KeyScope } from '../../crypto/key-tuple.ts'
import { keksOf } from '../../rotation/kek-name.ts'
import type { KeysOptions } from '../keys.ts'
import { withKeys } from './open-keys.ts'
import { runKeyJob } from './run-key-job.ts'

export interface ReencryptCommandOptions extends KeysOptions {
  readonly formerScope?: KeyScope
  readonly formerType?: string
}

export function reencrypt(keyTypes: readonly string[], options: ReencryptCommandOptions): Promise<void> {
  const { formerScope, formerType: formerKeyType } = options
  return withKeys(options, async (keys) => {
    const former = formerKeyType === undefined ? [] : [formerKeyType]
    await keys.tools.provider.prepare(former.flatMap((keyType) => valueKeks(keyType)))
    const known = new Set(keksOf(keyTypes, keys.keks).map(({ keyType }) => keyType))
    const ofDocuments = new Set(keys.tools.collections.flatMap((collection) => [...collection.keyTypes]))
    const parameters = {
      keyTypes: [...known].filter((keyType) => keyTypes.length > 0 || ofDocuments.has(keyType)),
      ...(formerScope === undefined ? {} : { formerScope }),
      ...(formerKeyType === undefined ? {} : { formerKeyType }),
    }
    await runKeyJob(keys, 'reencrypt', parameters, options)
  })
}

const valueKeks = (keyType: string) => (['REVEAL', 'MASK'] as const).map((purpose) => ({ keyType, purpose }))
