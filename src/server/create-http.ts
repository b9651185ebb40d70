import { randomUUID } from 'node:crypto'

import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'

import { type ErrorCode, errorCodes, GatewayError } from '../errors.ts'
import { describeError } from './describe-error.ts'
import type { LogOptions } from './options.ts'

const nothingHere = 'There is nothing at this path: GraphQL is at /graphql.'

/** Bytes of a request body. */
export const bodyLimit = 4 * 1024 * 1024

/** The HTTP side: one error shape, safe headers, logs without anything a client sent. */
export function createHttp(log: LogOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit,
    // Such keys are data, in values of the scalar JSON: variables are read by own properties alone, and never merged.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    genReqId: () => randomUUID(),
    logger: {
      level: log.level,
      ...(log.stream === undefined ? {} : { stream: log.stream }),
      serializers: {
        req: ({ method, url, ip }: { method: string; url: string; ip: string }) => ({
          method,
          path: url.split('?', 1)[0],
          ip,
        }),
        err: describeError as never,
      },
    },
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    // Paths that cannot be read never get to the error handler, and Fastify's own answer quotes them.
    frameworkErrors: (error: FastifyError, _request: unknown, reply: FastifyReply) => {
      const code = codeOf(error)
      void reply.code(errorCodes[code].httpStatus).send(errorBody(code, nothingHere))
    },
  })
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'no-referrer')
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    await Promise.resolve()
  })
  app.setErrorHandler((error: FastifyError | GatewayError, _request, reply) => {
    const code = codeOf(error)
    if (errorCodes[code].httpStatus >= 500) app.log.error(describeError(error), 'a request failed')
    return reply.code(errorCodes[code].httpStatus).send(errorBody(code))
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(errorBody('NOT_FOUND', nothingHere)))
  return app
}

function codeOf(error: FastifyError | GatewayError): ErrorCode {
  if (error instanceof GatewayError) return error.code
  if (error.statusCode === 413) return 'PAYLOAD_TOO_LARGE'
  if (error.statusCode === 415) return 'UNSUPPORTED_MEDIA_TYPE'
  const clientsFault = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
  return clientsFault ? 'BAD_USER_INPUT' : 'INTERNAL_SERVER_ERROR'
}

function errorBody(code: ErrorCode, message: string = errorCodes[code].message): object {
  return { errors: [{ message, extensions: { code } }] }
}
