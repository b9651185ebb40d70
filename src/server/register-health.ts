import type { FastifyInstance } from 'fastify'

import type { Health } from './read-health.ts'

/**
 * `/health/live`: the process answers. `/health/ready`: the database answers and the keys are verified; 503 otherwise, and
 * `degraded` when the key service does not answer while cached keys still serve.
 */
export function registerHealth(app: FastifyInstance, readHealth: () => Promise<Health>): void {
  app.get('/health/live', { logLevel: 'warn' }, () => ({ status: 'ok' }))
  app.get('/health/ready', { logLevel: 'warn' }, async (_request, reply) => {
    const { database, keyService, keysVerified } = await readHealth()
    const ready = database && keysVerified
    const status = ready ? (keyService ? 'ok' : 'degraded') : 'unavailable'
    return reply
      .code(ready ? 200 : 503)
      .send({ status, database: stateOf(database), keyService: stateOf(keyService), keysVerified })
  })
}

function stateOf(works: boolean): 'ok' | 'unavailable' {
  return works ? 'ok' : 'unavailable'
}
