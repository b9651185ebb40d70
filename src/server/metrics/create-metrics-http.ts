import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import type { Registry } from 'prom-client'

/** `/metrics` and nothing else, for an address of its own that clients do not reach. Its answers quote no request and no error. */
export function createMetricsHttp(registry: Registry, refresh: () => Promise<void>): FastifyInstance {
  const refuse = ({ statusCode = 500 }: FastifyError, _request: unknown, reply: FastifyReply): void => {
    void reply.code(statusCode).send(statusCode < 500 ? nothingHere : 'The metrics could not be read.\n')
  }
  const app = Fastify({
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    bodyLimit: 1_024,
    frameworkErrors: refuse,
  })
  app.setErrorHandler(refuse)
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(nothingHere))
  app.get('/metrics', async (_request, reply) => {
    await refresh()
    return reply.type(registry.contentType).send(await registry.metrics())
  })
  return app
}

const nothingHere = 'There is nothing at this path: metrics are at /metrics.\n'
