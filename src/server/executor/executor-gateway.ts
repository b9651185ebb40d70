import type { ApolloServerOptionsWithGateway, BaseContext } from '@apollo/server'
import type { GraphQLSchema } from 'graphql'
import type { Executor } from './executor.ts'

type Gateway = ApolloServerOptionsWithGateway<BaseContext>['gateway']
type SchemaListener = Parameters<Gateway['onSchemaLoadOrUpdate']>[0]

export interface ExecutorGatewayOptions {
  /** What Apollo Server parses and validates against. */
  readonly publicSchema: GraphQLSchema
  readonly executor: Executor
}

/**
 * Lets Apollo Server answer with an executor of ours. Its plugins' `willResolveField`, `rootValue`,
 * `fieldResolver` and `executionOptions` have no effect behind a gateway.
 */
export function createExecutorGateway({ publicSchema, executor }: ExecutorGatewayOptions): Gateway {
  const listeners = new Set<SchemaListener>()
  return {
    onSchemaLoadOrUpdate(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    load() {
      for (const listener of listeners) listener({ apiSchema: publicSchema, coreSupergraphSdl: '' })
      return Promise.resolve({
        executor: async ({ document, request, context }) =>
          executor.execute({
            document,
            operationName: request.operationName,
            variables: request.variables,
            contextValue: context,
          }),
      })
    },
    stop() {
      listeners.clear()
      return Promise.resolve()
    },
  }
}
