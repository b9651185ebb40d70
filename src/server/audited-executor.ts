import { type ExecutionResult, GraphQLError } from 'graphql'

import { errorCodes } from '../errors.ts'
import type { RequestContext } from '../resolvers/request-context.ts'
import type { Executor } from './executor/executor.ts'

/** An answer with a clear value, or of a write, leaves only after its audit events are durable. */
export function createAuditedExecutor(executor: Executor, onFailure: (error: unknown) => void): Executor {
  return {
    execute: async (request) => {
      const result = await executor.execute(request)
      const { audit } = request.contextValue as RequestContext
      try {
        await audit.commit(onFailure)
        return result
      } catch (error) {
        onFailure(error)
        return unaudited
      }
    },
  }
}

const unaudited: ExecutionResult = {
  errors: [
    new GraphQLError('What was done could not be written to the audit log, so it is not shown.', {
      extensions: {
        code: 'SERVICE_UNAVAILABLE',
        http: { status: errorCodes.SERVICE_UNAVAILABLE.httpStatus },
      },
    }),
  ],
}
