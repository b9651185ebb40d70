import { type ExecutionResult, GraphQLError, Kind, OperationTypeNode } from 'graphql'

import type { AuditRecorder } from '../audit/recorder.ts'
import { errorCodes, GatewayError } from '../errors.ts'
import type { RequestContext } from '../resolvers/request-context.ts'
import type { ExecutionRequest, Executor } from './executor/executor.ts'
import { operationHash } from './operation-hash.ts'

/** An answer with a clear value, or of a write, leaves only after its audit events are durable. */
export function createAuditedExecutor(executor: Executor): Executor {
  return {
    execute: async (request) => {
      const result = await executor.execute(request)
      const { audit } = request.contextValue as RequestContext
      if (result.errors !== undefined) recordDenials(audit, result.errors, request)
      audit.operation = operationHash(request.document)
      try {
        await audit.commit()
        return result
      } catch {
        // The log has told of it.
        return unaudited
      }
    },
  }
}

/** What was refused as a whole: a root, a relation, a filter, an input. Fields of documents were recorded one by one. */
function recordDenials(
  audit: AuditRecorder,
  errors: readonly GraphQLError[],
  request: ExecutionRequest,
): void {
  for (const { originalError, extensions } of errors) {
    const { code, coordinate } = originalError instanceof GatewayError ? originalError : extensions
    if (code !== 'FORBIDDEN') continue
    const refused = typeof coordinate === 'string' ? coordinate : rootTypeOf(request)
    if (!audit.has(refused, 'hidden')) audit.documents(refused, 'denied')
  }
}

function rootTypeOf({ document, operationName }: ExecutionRequest): string {
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    if (operationName != null && definition.name?.value !== operationName) continue
    return definition.operation === OperationTypeNode.MUTATION ? 'Mutation' : 'Query'
  }
  return 'Query'
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
