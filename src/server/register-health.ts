import type { FastifyInstance } from 'fastify'

import type { Storage } from '../storage/connect-storage.ts'
import type { VerifiedKeys } from './verified-keys.ts'

export interface HealthSources {
  readonly storage: Storage
  readonly keys: VerifiedKeys
}

type State = 'ok' | 'unavailable'

/**
 * `/health/live`: the process answers. `/health/ready`: the database answers and the keys are verified; 503 otherwise, and
 * `degraded` when the key service does not answer while cached keys still serve.
 */
export function registerHealth(app: FastifyInstance, { storage, keys }: HealthSources): void {
  app.get('/health/live', { logLevel: 'warn' }, () => ({ status: 'ok' }))
  app.get('/health/ready', { logLevel: 'warn' }, async (_request, reply) => {
    const [database, keyService] = await Promise.all([
      stateOf(storage.check()),
      stateOf(keys.provider.check()),
    ])
    const ready = database === 'ok' && keys.verified()
    const status = ready ? (keyService === 'ok' ? 'ok' : 'degraded') : 'unavailable'
    return reply.code(ready ? 200 : 503).send({ status, database, keyService, keysVerified: keys.verified() })
  })
}

async function stateOf(check: Promise<void>): Promise<State> {
  try {
    await check
    return 'ok'
  } catch {
    return 'unavailable'
  }
}
