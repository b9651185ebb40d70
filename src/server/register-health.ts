import type { FastifyInstance } from 'fastify'

import type { Health } from './read-health.ts'

/**
 * `/health/live`: the process answers. `/health/ready`: the database answers, the keys are verified and their states known;
 * 503 otherwise, and `degraded` when the key service does not answer, or fails, while cached keys still serve.
 */
export function registerHealth(app: FastifyInstance, readHealth: () => Promise<Health>): void {
  app.get('/health/live', { logLevel: 'warn' }, () => ({ status: 'ok' }))
  app.get('/health/ready', { logLevel: 'warn' }, async (_request, reply) => {
    const { database, keyService, keysVerified, keyStatesKnown } = await readHealth()
    const ready = database && keysVerified && keyStatesKnown
    return reply.code(ready ? 200 : 503).send({
      status: ready ? (keyService === 'ok' ? 'ok' : 'degraded') : 'unavailable',
      database: database ? 'ok' : 'unavailable',
      keyService,
      keysVerified,
      keyStatesKnown,
    })
  })
}
