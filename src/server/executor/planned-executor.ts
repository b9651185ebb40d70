import { assertValidSchema, GraphQLError, OperationTypeNode, type ExecutionResult } from 'graphql'
import { buildExecutionContext, type ExecutionContext } from 'graphql/execution/execute.js'
import type { Execution } from './execution.ts'
import type { Executor, ExecutorOptions } from './executor.ts'
import { toExecutionArgs } from './graphql-js-executor.ts'
import { isPromise } from './is-promise.ts'
import { openOperation, PlanCache } from './plan-cache.ts'
import { refuseSubscription } from './refuse-subscription.ts'
import { runFields, runFieldsSerially } from './run-fields.ts'

/**
 * Reads an operation once and then walks its plan. No code is generated. Requests are coerced by graphql-js,
 * whose answers (data, errors, their order and paths) are the definition of what is right here.
 */
export function createPlannedExecutor(options: ExecutorOptions, cacheSize: number): Executor {
  const { schema, publicSchema = schema } = options
  assertValidSchema(schema)
  const cache = new PlanCache(cacheSize)
  return {
    execute(request) {
      const { document } = request
      const context = buildExecutionContext(toExecutionArgs(request, schema, options))
      if (!('schema' in context)) return { errors: context }
      const { operation } = context
      if (operation.operation === OperationTypeNode.SUBSCRIPTION) return refuseSubscription(operation)

      const plans = cache.open(document)
      const { fieldCount } = plans
      const finish = (data: ExecutionResult['data']): ExecutionResult => {
        cache.keep(document, plans, fieldCount)
        const { errors } = context.collectedErrors
        return errors.length === 0 ? { data } : { errors, data }
      }
      const fail = (error: unknown): ExecutionResult => {
        context.collectedErrors.add(error as GraphQLError, undefined)
        return finish(null)
      }
      try {
        const data = runOperation({ context, plans, publicSchema, located: new Map() })
        return isPromise(data) ? data.then(finish, fail) : finish(data)
      } catch (error) {
        return fail(error)
      }
    },
  }
}

function runOperation(execution: Execution): ReturnType<typeof runFields> {
  const { context, plans } = execution
  const rootType = requireRootType(context)
  const selection = openOperation(plans, context, rootType)
  const run = context.operation.operation === OperationTypeNode.MUTATION ? runFieldsSerially : runFields
  return run(execution, selection, context.rootValue, undefined)
}

function requireRootType({ schema, operation }: ExecutionContext) {
  const rootType = schema.getRootType(operation.operation)
  if (rootType == null) {
    throw new GraphQLError(`Schema is not configured to execute ${operation.operation} operation.`, {
      nodes: operation,
    })
  }
  return rootType
}
