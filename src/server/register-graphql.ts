import type { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'

import type { AuditLog } from '../audit/audit-log.ts'
import type { AuditEvent } from '../audit/event.ts'
import { AuditRecorder } from '../audit/recorder.ts'
import type { Authenticator } from '../auth/authenticate.ts'
import { anonymous, type Viewer } from '../auth/viewer.ts'
import type { Decisions } from '../directives/decisions.ts'
import type { RequestContext } from '../resolvers/request-context.ts'

export interface GraphqlRoute {
  readonly path: string
  readonly apollo: ApolloServer<RequestContext>
  readonly authenticator: Authenticator
  readonly decide: (viewer: Viewer) => Decisions
  /** Absent: no audit log is kept. */
  readonly auditLog: AuditLog | undefined
  /** Told of what every operation did. */
  readonly observe: ((events: readonly AuditEvent[]) => void) | undefined
}

/** The GraphQL endpoint. Who asks is settled before the body is read: a bad token is answered with 401 and nothing else. */
export async function registerGraphql(app: FastifyInstance, route: GraphqlRoute): Promise<void> {
  const { path, apollo, authenticator, decide, auditLog, observe } = route
  const viewers = new WeakMap<FastifyRequest, Viewer>()
  const nobody = anonymous('')
  await app.register(async (scope) => {
    scope.addHook('onRequest', async (request) => {
      viewers.set(request, await authenticator.authenticate(request.headers.authorization))
    })
    scope.route({
      url: path,
      method: ['GET', 'POST'],
      handler: fastifyApolloHandler(apollo, {
        context: (request) => {
          const viewer = viewers.get(request) ?? nobody
          const { id, kind, tenant } = viewer
          const source = { requestId: request.id, tenant, viewer: id ?? null, viewerKind: kind }
          return Promise.resolve({
            viewer,
            decisions: decide(viewer),
            requestId: request.id,
            audit: new AuditRecorder(source, auditLog, observe),
            standIns: [],
            loaders: new WeakMap(),
          })
        },
      }),
    })
    await Promise.resolve()
  })
}
