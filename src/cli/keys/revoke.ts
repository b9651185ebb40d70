import { randomUUID } from 'node:crypto'

import { GatewayError } from '../../errors.ts'
import { revokeKeys, type Revocation } from '../../rotation/revoke-keys.ts'
import { startJob } from '../../rotation/start-job.ts'
import type { KeyFilterOptions } from '../keys.ts'
import { withKeys } from './open-keys.ts'
import { readKeyFilter } from './read-key-filter.ts'

export interface RevokeOptions extends KeyFilterOptions {
  readonly reason: string
  readonly as: Revocation['to']
}

export function revoke(options: RevokeOptions): Promise<void> {
  const { reason, as: to } = options
  const filter = readKeyFilter(options)
  if (Object.keys(filter).length === 0) {
    throw new GatewayError('CONFIGURATION_INVALID', {
      message:
        'Say which keys are meant: --type, --holder, --tenant, --key-id, --kek-version or --older-than.',
    })
  }
  return withKeys(options, async ({ storage, tools }) => {
    const revocation = { id: randomUUID(), filter, to, reason, startedBy: 'cli' }
    const { changed, left, reindex } = await revokeKeys(revocation, tools)
    const parameters = { keyTypes: reindex, onlyDue: true }
    const job =
      reindex.length === 0 ? undefined : await startJob(storage.jobStore, 'reindex', parameters, 'cli')
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ state: to, changed, indexKeysLeft: left, ...(job !== undefined && { job }) })}\n`
        : `\n  ${changed} data keys are ${to} now.${left === 0 ? '' : ` ${left} INDEX keys stay as they are.`}${job === undefined ? '' : `\n  Index terms are made anew by the job ${job}: gateways take it up, or sealgate keys reindex --due ${reindex.join(' ')}.`}\n\n`,
    )
  })
}
