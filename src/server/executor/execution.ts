import { locatedError, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql'
import { buildResolveInfo, type ExecutionContext } from 'graphql/execution/execute.js'
import { addPath, pathToArray, type Path } from 'graphql/jsutils/Path.js'
import type { FieldPlan } from './operation-plan.ts'
import type { DocumentPlans } from './plan-cache.ts'

/** One request on its way through the plans of its document. */
export interface Execution {
  readonly context: ExecutionContext
  readonly plans: DocumentPlans
  readonly publicSchema: GraphQLSchema
}

/** Locates the error. Where null is allowed it is the answer; otherwise the error goes on to the parent. */
export function failValue(
  execution: Execution,
  field: FieldPlan,
  nonNull: boolean,
  path: Path,
  rawError: unknown,
): null {
  const error = withoutStack(() => locatedError(rawError, field.fieldNodes, pathToArray(path)))
  if (nonNull) throw error
  execution.context.collectedErrors.add(error, path)
  return null
}

/** A located error bears the stack of the error it locates: taking one of its own costs more than all the rest of it. */
function withoutStack<Value>(create: () => Value): Value {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return create()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

export function createPath(field: FieldPlan, parentPath: Path | undefined): Path {
  return addPath(parentPath, field.responseKey, field.parentType.name)
}

export function createInfo(execution: Execution, field: FieldPlan, path: Path): GraphQLResolveInfo {
  const { definition, fieldNodes, parentType } = field
  const info = buildResolveInfo(execution.context, definition, fieldNodes, parentType, path)
  return field.describesSchema ? { ...info, schema: execution.publicSchema } : info
}
