import {
  execute,
  getOperationAST,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionArgs,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import type { ExecutionRequest, Executor, ExecutorOptions } from './executor.ts'
import { refuseSubscription } from './refuse-subscription.ts'

/** graphql-js itself. An operation that also asks for data is introspected on the executable schema. */
export function createGraphqlJsExecutor(options: ExecutorOptions): Executor {
  const { schema, publicSchema = schema } = options
  return {
    execute(request) {
      const operation = getOperationAST(request.document, request.operationName)
      if (operation?.operation === OperationTypeNode.SUBSCRIPTION) return refuseSubscription(operation)
      const describes = operation != null && asksOnlyForMetaFields(operation, request.document)
      return execute(toExecutionArgs(request, describes ? publicSchema : schema, options))
    },
  }
}

export function toExecutionArgs(
  request: ExecutionRequest,
  schema: GraphQLSchema,
  options: ExecutorOptions,
): ExecutionArgs {
  return {
    schema,
    document: request.document,
    rootValue: request.rootValue,
    contextValue: request.contextValue,
    variableValues: request.variables ?? {},
    operationName: request.operationName ?? null,
    hideSuggestions: options.hideSuggestions ?? false,
    options: { maxCoercionErrors: options.maxCoercionErrors ?? 50 },
  }
}

function asksOnlyForMetaFields(operation: OperationDefinitionNode, document: DocumentNode): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const selectionSets = new Set([operation.selectionSet])
  for (const { selections } of selectionSets) {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        if (!selection.name.value.startsWith('__')) return false
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        selectionSets.add(selection.selectionSet)
      } else {
        const fragment = fragments.get(selection.name.value)
        if (fragment !== undefined) selectionSets.add(fragment.selectionSet)
      }
    }
  }
  return true
}
