import { expect } from '@jest/globals'
import { parse, print, type ExecutionResult, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql'
import { pathToArray } from 'graphql/jsutils/Path.js'
import { createExecutor } from '../../../../src/server/executor/create-executor.ts'
import type { Executor } from '../../../../src/server/executor/executor.ts'

/** Resolvers of the test schemas leave here what they were called with. */
export interface TraceContext {
  readonly trace: unknown[]
}

export interface ComparedRequest {
  readonly source: string
  readonly variables?: Record<string, unknown>
  /** Of a request for the same document before this one: the plan it leaves must not serve this one wrongly. */
  readonly earlierVariables?: Record<string, unknown>
  readonly operationName?: string | null
  /** Made anew for each execution: promises and iterators are spent. */
  readonly createRoot?: () => unknown
}

/** Runs a request on both executors, twice on the planned one (new and remembered plan), and expects the same of all. */
export async function compareExecutors(schema: GraphQLSchema, request: ComparedRequest) {
  const planned = createExecutor({ schema, kind: 'planned' })
  const document = parse(request.source)
  const expected = await observe(createExecutor({ schema, kind: 'graphql-js' }), document, request)
  if (request.earlierVariables !== undefined) {
    await observe(planned, document, { ...request, variables: request.earlierVariables })
  }
  for (const executor of [planned, planned]) {
    expect(await observe(executor, document, request)).toEqual(expected)
  }
  return expected
}

async function observe(executor: Executor, document: ReturnType<typeof parse>, request: ComparedRequest) {
  const trace: unknown[] = []
  const result = await executor.execute({
    document,
    operationName: request.operationName,
    variables: request.variables ?? {},
    contextValue: { trace } satisfies TraceContext,
    rootValue: request.createRoot?.(),
  })
  const described = describeResult(result)
  // An answer that became null at its root does not wait for what is still under way.
  await new Promise((resolve) => setImmediate(resolve))
  return { ...described, trace }
}

/** All that a client or a plugin can see, the order of the fields included. */
export function describeResult(result: ExecutionResult) {
  return {
    keys: Object.keys(result),
    data: JSON.stringify(result.data),
    errors: result.errors?.map((error) => ({
      ...error.toJSON(),
      name: error.name,
      class: error.constructor.name,
      nodes: error.nodes?.map((node) => print(node)),
      positions: error.positions,
      originalError: error.originalError && `${error.originalError.name}: ${error.originalError.message}`,
    })),
  }
}

/** `info` as far as a resolver can rely on it. */
export function describeInfo(info: GraphQLResolveInfo) {
  return {
    coordinate: `${info.parentType.name}.${info.fieldName}`,
    returnType: String(info.returnType),
    path: pathToArray(info.path),
    typenames: readTypenames(info.path),
    fieldNodes: info.fieldNodes.map((node) => print(node)),
    operation: print(info.operation),
    fragments: Object.values(info.fragments).map((node) => print(node)),
    variableValues: JSON.stringify(info.variableValues),
    typeCount: Object.keys(info.schema.getTypeMap()).length,
    rootValue: typeof info.rootValue,
  }
}

function readTypenames(path: GraphQLResolveInfo['path'] | undefined): readonly (string | undefined)[] {
  return path === undefined ? [] : [...readTypenames(path.prev), path.typename]
}
