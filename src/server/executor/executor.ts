import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql'

export interface ExecutionRequest {
  /** Validated against the public schema. The same object for the same text lets the plan be reused. */
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
  readonly contextValue: unknown
  readonly rootValue?: unknown
}

export interface Executor {
  /** Never throws or rejects for what a request or a resolver does; synchronous when every resolver is. */
  execute(request: ExecutionRequest): Promise<ExecutionResult> | ExecutionResult
}

export interface ExecutorOptions {
  /** The executable schema: its resolvers run, and the leaf type of each field, by identity, serializes it. */
  readonly schema: GraphQLSchema
  /** What introspection describes; the executable schema where it is left out. */
  readonly publicSchema?: GraphQLSchema | undefined
  /** Coercion errors of variables that one answer may list; 50 by default, as in graphql-js. */
  readonly maxCoercionErrors?: number | undefined
  /** Leaves "Did you mean" with names from the schema out of coercion errors. */
  readonly hideSuggestions?: boolean | undefined
}
