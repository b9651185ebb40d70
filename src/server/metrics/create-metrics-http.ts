import Fastify, { type FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'

/** `/metrics` and nothing else, for an address of its own that clients do not reach. */
export function createMetricsHttp(registry: Registry, refresh: () => Promise<void>): FastifyInstance {
  const app = Fastify({ requestTimeout: 30_000, forceCloseConnections: 'idle' })
  app.get('/metrics', async (_request, reply) => {
    await refresh()
    return reply.type(registry.contentType).send(await registry.metrics())
  })
  return app
}
