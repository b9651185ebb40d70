import type { FastifyInstance } from 'fastify'

import type { Metrics } from './metrics.ts'

/** Times every request by the route that answered it, not by its path, which a client may choose. */
export function timeRequests(app: FastifyInstance, { timeRequest }: Pick<Metrics, 'timeRequest'>): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    timeRequest(
      {
        method: request.routeOptions.url === undefined ? 'none' : request.method,
        route,
        status: reply.statusCode,
      },
      reply.elapsedTime / 1_000,
    )
    done()
  })
}
