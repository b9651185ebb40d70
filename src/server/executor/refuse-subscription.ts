import { GraphQLError, type ExecutionResult, type OperationDefinitionNode } from 'graphql'
import type { ErrorCode } from '../../errors.ts'

/** The answer to a subscription: it needs a stream, and an executor gives one result. */
export function refuseSubscription(operation: OperationDefinitionNode): ExecutionResult {
  const code: ErrorCode = 'BAD_USER_INPUT'
  return {
    errors: [
      new GraphQLError('Subscriptions are not served here.', { nodes: operation, extensions: { code } }),
    ],
  }
}
