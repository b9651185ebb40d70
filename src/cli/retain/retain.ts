import { GatewayError } from '../../errors.ts'
import { erasureOf } from '../../rotation/erasure/erasure-tools.ts'
import { retentionRules } from '../../rotation/erasure/retain-documents.ts'
import { withKeys } from '../keys/open-keys.ts'
import { runKeyJob } from '../keys/run-key-job.ts'
import type { RetainOptions } from '../retain.ts'

export function retain(options: RetainOptions): Promise<void> {
  return withKeys(options, (keys) => {
    const rules = retentionRules(erasureOf(keys.tools).collections)
    if (rules.length === 0) {
      throw new GatewayError('CONFIGURATION_INVALID', { message: 'No model of this schema has @retain.' })
    }
    return runKeyJob(keys, 'retain', { rules, apply: options.yes === true }, options)
  })
}
