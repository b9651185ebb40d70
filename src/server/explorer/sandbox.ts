import type { ApolloServerPlugin, BaseContext } from '@apollo/server'
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default'
import type { FastifyInstance } from 'fastify'

/** What the hosted Sandbox needs to reach this server from its own page, and nothing more: no credentials, no other origin. */
export const sandboxCors = {
  origin: 'https://studio.apollographql.com',
  methods: 'GET, POST, OPTIONS',
  headers: 'content-type, authorization, apollo-require-preflight, x-apollo-operation-name',
} as const

/**
 * The Apollo plugin whose landing page embeds Sandbox, without telemetry. The page loads from Apollo's servers, so it needs the network.
 * It is given no token.
 */
export const createSandboxPlugin = <Context extends BaseContext>(): ApolloServerPlugin<Context> =>
  ApolloServerPluginLandingPageLocalDefault({
    embed: { runTelemetry: false },
    footer: false,
  })

export const registerSandboxCors = (app: FastifyInstance, path: string): void => {
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.split('?', 1)[0] !== path) return
    reply.header('vary', 'Origin')
    if (request.headers.origin !== sandboxCors.origin) return
    reply.header('access-control-allow-origin', sandboxCors.origin)
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return
    return reply
      .code(204)
      .header('access-control-allow-methods', sandboxCors.methods)
      .header('access-control-allow-headers', sandboxCors.headers)
      .header('access-control-max-age', '600')
      .send()
  })
}
