import { locatedError, type GraphQLError, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql'
import { buildResolveInfo, type ExecutionContext } from 'graphql/execution/execute.js'
import { addPath, pathToArray, type Path } from 'graphql/jsutils/Path.js'
import { withoutStack } from '../../errors.ts'
import type { FieldPlan } from './operation-plan.ts'
import type { DocumentPlans } from './plan-cache.ts'

/** One request on its way through the plans of its document. */
export interface Execution {
  readonly context: ExecutionContext
  readonly plans: DocumentPlans
  readonly publicSchema: GraphQLSchema
  /** The last error that was located at each field. */
  readonly located: Map<FieldPlan, { readonly cause: unknown; readonly error: GraphQLError }>
}

/** Locates the error. Where null is allowed it is the answer; otherwise the error goes on to the parent. */
export function failValue(
  execution: Execution,
  field: FieldPlan,
  nonNull: boolean,
  path: Path,
  rawError: unknown,
): null {
  const error = locate(execution, field, path, rawError)
  if (nonNull) throw error
  execution.context.collectedErrors.add(error, path)
  return null
}

/**
 * Errors of one cause at one field differ by their path alone. All but the first inherit the rest of it: to make one costs
 * microseconds, and a denied list has hundreds.
 */
function locate(execution: Execution, field: FieldPlan, path: Path, cause: unknown): GraphQLError {
  const known = execution.located.get(field)
  if (known !== undefined && known.cause === cause) {
    const error = Object.create(known.error) as { -readonly [Key in keyof GraphQLError]: GraphQLError[Key] }
    error.path = pathToArray(path)
    return error
  }
  // A located error bears the stack of the error it locates.
  const error = withoutStack(() => locatedError(cause, field.fieldNodes, pathToArray(path)))
  // What bears a path already, an error from below, is given back as it is.
  if (error !== cause) execution.located.set(field, { cause, error })
  return error
}

export function createPath(field: FieldPlan, parentPath: Path | undefined): Path {
  return addPath(parentPath, field.responseKey, field.parentType.name)
}

export function createInfo(execution: Execution, field: FieldPlan, path: Path): GraphQLResolveInfo {
  const { definition, fieldNodes, parentType } = field
  const info = buildResolveInfo(execution.context, definition, fieldNodes, parentType, path)
  return field.describesSchema ? { ...info, schema: execution.publicSchema } : info
}
