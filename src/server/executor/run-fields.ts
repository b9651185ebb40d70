import {
  defaultFieldResolver,
  defaultTypeResolver,
  getArgumentValues,
  GraphQLError,
  type GraphQLAbstractType,
  type GraphQLFieldResolver,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
} from 'graphql'
import { inspect } from 'graphql/jsutils/inspect.js'
import { isIterableObject } from 'graphql/jsutils/isIterableObject.js'
import { addPath, type Path } from 'graphql/jsutils/Path.js'
import type { LeafReader } from '../../directives/leaf-reader.ts'
import { completeLeaf, completeNull } from './complete-leaf.ts'
import { createInfo, createPath, failValue, type Execution } from './execution.ts'
import { isPromise } from './is-promise.ts'
import type { FieldPlan, SelectionPlan, ValuePlan } from './operation-plan.ts'
import { openSelection } from './plan-cache.ts'
import { requireRuntimeType } from './runtime-type.ts'

export type FieldResults = Record<string, unknown>

/** Throws, or rejects, with the located error of a field that may not be null. */
export function runFields(
  execution: Execution,
  selection: SelectionPlan,
  source: unknown,
  path: Path | undefined,
): FieldResults | Promise<FieldResults> {
  const results = createResults(selection)
  let pending: Map<string, Promise<unknown>> | undefined
  try {
    for (const field of selection.fields) {
      const result = runField(execution, field, source, path)
      results[field.responseKey] = result
      if (isPromise(result)) (pending ??= new Map()).set(field.responseKey, result)
    }
  } catch (error) {
    if (pending === undefined) throw error
    // What the other fields began is awaited: their promises may reject, and nobody else listens.
    return settle(results, pending).finally(() => {
      throw error
    })
  }
  return pending === undefined ? results : settle(results, pending)
}

/** One field after the other, each with everything below it: the rule for mutations. */
export function runFieldsSerially(
  execution: Execution,
  selection: SelectionPlan,
  source: unknown,
  path: Path | undefined,
): FieldResults | Promise<FieldResults> {
  const results = createResults(selection)
  const remaining = selection.fields.values()
  const runNext = (): FieldResults | Promise<FieldResults> => {
    for (let next = remaining.next(); next.done !== true; next = remaining.next()) {
      const { responseKey } = next.value
      const result = runField(execution, next.value, source, path)
      if (isPromise(result)) {
        return result.then((value) => {
          results[responseKey] = value
          return runNext()
        })
      }
      results[responseKey] = result
    }
    return results
  }
  return runNext()
}

function createResults(selection: SelectionPlan): FieldResults {
  return selection.hasProtoKey ? (Object.create(null) as FieldResults) : {}
}

async function settle(
  results: FieldResults,
  pending: ReadonlyMap<string, Promise<unknown>>,
): Promise<FieldResults> {
  const values = await Promise.all(pending.values())
  let index = 0
  for (const responseKey of pending.keys()) results[responseKey] = values[index++]
  return results
}

function runField(execution: Execution, field: FieldPlan, source: unknown, parentPath: Path | undefined) {
  if (field.typename !== undefined) return field.typename
  const { definition, propertyType, readType, value: plan } = field
  if (readType !== undefined) return readField(execution, field, readType, source, parentPath)
  if (propertyType === undefined) {
    return resolveField(execution, field, source, parentPath, definition.resolve ?? defaultFieldResolver)
  }
  let property: unknown
  try {
    property = readProperty(source, definition.name)
    if (typeof property !== 'function' && !isPromise(property)) {
      return completeLeaf(field, plan.nonNull, propertyType, property)
    }
  } catch (error) {
    return failValue(execution, field, plan.nonNull, createPath(field, parentPath), error)
  }
  const found = property
  return resolveField(execution, field, source, parentPath, (_source, ...rest) =>
    typeof found === 'function' ? (Reflect.apply(found, source, rest) as unknown) : found,
  )
}

/** An error that was given back, not thrown, is not thrown here either: a list may hold hundreds. */
function readField(
  execution: Execution,
  field: FieldPlan,
  type: GraphQLLeafType,
  source: unknown,
  parentPath: Path | undefined,
): unknown {
  const { definition, value: plan } = field
  let failure: unknown
  try {
    const read = definition.resolve as LeafReader | undefined
    const value = read?.(source as never, noArguments, execution.context.contextValue as never)
    if (!(value instanceof Error)) return completeLeaf(field, plan.nonNull, type, value)
    failure = value
  } catch (error) {
    failure = error
  }
  return failValue(execution, field, plan.nonNull, createPath(field, parentPath), failure)
}

const noArguments = Object.freeze({})

function readProperty(source: unknown, name: string): unknown {
  const isReadable = typeof source === 'object' ? source !== null : typeof source === 'function'
  return isReadable ? (source as Record<string, unknown>)[name] : undefined
}

function resolveField(
  execution: Execution,
  field: FieldPlan,
  source: unknown,
  parentPath: Path | undefined,
  resolve: GraphQLFieldResolver<unknown, unknown>,
): unknown {
  const { context } = execution
  const { definition, fieldNodes, value: plan } = field
  const path = createPath(field, parentPath)
  const info = createInfo(execution, field, path)
  try {
    const args =
      definition.args.length === 0 ? {} : getArgumentValues(definition, fieldNodes[0], context.variableValues)
    const value: unknown = resolve(source, args, context.contextValue, info)
    if (value instanceof Error) return failValue(execution, field, plan.nonNull, path, value)
    const completed = isPromise(value)
      ? value.then((resolved) => completeValue(execution, field, plan, info, path, resolved))
      : completeValue(execution, field, plan, info, path, value)
    if (!isPromise(completed)) return completed
    return completed.then(undefined, (error: unknown) =>
      failValue(execution, field, plan.nonNull, path, error),
    )
  } catch (error) {
    return failValue(execution, field, plan.nonNull, path, error)
  }
}

/** Turns what a resolver gave into what is answered. Throws or rejects with errors not yet located. */
function completeValue(
  execution: Execution,
  field: FieldPlan,
  plan: ValuePlan,
  info: GraphQLResolveInfo,
  path: Path,
  value: unknown,
): unknown {
  if (plan.kind === 'leaf') return completeLeaf(field, plan.nonNull, plan.type, value)
  if (value instanceof Error) throw value
  if (value == null) return completeNull(field, plan.nonNull)
  switch (plan.kind) {
    case 'list':
      return completeList(execution, field, plan.item, info, path, value)
    case 'object':
      return completeObject(execution, field, plan.type, info, path, value)
    case 'abstract':
      return completeAbstract(execution, field, plan.type, info, path, value)
  }
}

function completeList(
  execution: Execution,
  field: FieldPlan,
  itemPlan: ValuePlan,
  info: GraphQLResolveInfo,
  path: Path,
  items: object,
): unknown {
  if (!isIterableObject(items)) {
    const { parentType, definition } = field
    throw new GraphQLError(
      `Expected Iterable, but did not find one for field "${parentType.name}.${definition.name}".`,
    )
  }
  const completed: unknown[] = []
  let hasPending = false
  try {
    for (const item of items) {
      const itemPath = addPath(path, completed.length, undefined)
      const result = completeItem(execution, field, itemPlan, info, itemPath, item)
      if (isPromise(result)) hasPending = true
      completed.push(result)
    }
  } catch (error) {
    // The list is lost. Items still under way may reject as well, and nobody will await them.
    if (hasPending) void Promise.allSettled(completed)
    throw error
  }
  return hasPending ? Promise.all(completed) : completed
}

function completeItem(
  execution: Execution,
  field: FieldPlan,
  plan: ValuePlan,
  info: GraphQLResolveInfo,
  path: Path,
  item: unknown,
): unknown {
  try {
    const completed = isPromise(item)
      ? item.then((resolved) => completeValue(execution, field, plan, info, path, resolved))
      : completeValue(execution, field, plan, info, path, item)
    if (!isPromise(completed)) return completed
    return completed.then(undefined, (error: unknown) =>
      failValue(execution, field, plan.nonNull, path, error),
    )
  } catch (error) {
    return failValue(execution, field, plan.nonNull, path, error)
  }
}

function completeAbstract(
  execution: Execution,
  field: FieldPlan,
  type: GraphQLAbstractType,
  info: GraphQLResolveInfo,
  path: Path,
  value: unknown,
): unknown {
  const { schema, contextValue } = execution.context
  const resolveType = type.resolveType ?? defaultTypeResolver
  const complete = (name: unknown): unknown =>
    completeObject(execution, field, requireRuntimeType(schema, field, type, name, value), info, path, value)
  const name: unknown = resolveType(value, contextValue, info, type)
  return isPromise(name) ? name.then(complete) : complete(name)
}

function completeObject(
  execution: Execution,
  field: FieldPlan,
  type: GraphQLObjectType,
  info: GraphQLResolveInfo,
  path: Path,
  value: unknown,
): unknown {
  const selection = openSelection(execution.plans, execution.context, field, type)
  if (type.isTypeOf == null) return runFields(execution, selection, value, path)
  const complete = (isTypeOf: unknown): unknown => {
    if (isTypeOf) return runFields(execution, selection, value, path)
    throw new GraphQLError(`Expected value of type "${type.name}" but got: ${inspect(value)}.`, {
      nodes: field.fieldNodes,
    })
  }
  const isTypeOf = type.isTypeOf(value, execution.context.contextValue, info)
  return isPromise(isTypeOf) ? isTypeOf.then(complete) : complete(isTypeOf)
}
