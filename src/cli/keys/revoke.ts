import { randomUUID } from 'node:crypto'

import { GatewayError } from '../../errors.ts'
import { revokeKeys, type Revocation } from '../../rotation/revoke-keys.ts'
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
  return withKeys(options, async ({ tools }) => {
    const revocation = { id: randomUUID(), filter, to, reason, startedBy: 'cli' }
    const { changed, left } = await revokeKeys(revocation, tools)
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ state: to, changed, indexKeysLeft: left })}\n`
        : `\n  ${changed} data keys are ${to} now.${left === 0 ? '' : ` ${left} INDEX keys stay as they are.`}\n\n`,
    )
  })
}
