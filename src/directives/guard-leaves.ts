import { isAnyArrayBuffer } from 'node:util/types'

import {
  defaultFieldResolver,
  getNamedType,
  type GraphQLField,
  type GraphQLLeafType,
  GraphQLEnumType,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLOutputType,
  GraphQLScalarType,
  type GraphQLSchema,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'

import { GatewayError } from '../errors.ts'
import { isLeafReader, leafReader } from './leaf-reader.ts'
import { type FieldPolicy, isProtected, type Policies } from './policies.ts'
import { Revealed } from './revealed.ts'

/**
 * Puts a guard in front of every leaf of an executable schema. A protected coordinate serialises only values that were
 * released for it and for the viewer who asks; every other leaf refuses released values. None lets bytes pass, nor objects
 * with bytes inside.
 *
 * The guards bear the names of the types they guard and are not in the type map: documents are validated, and
 * introspection answered, as if they were not there.
 * @param schema - changed in place; a copy that serves execution alone
 */
export function guardLeaves(schema: GraphQLSchema, policies: Policies): void {
  const plainGuards = new Map<GraphQLLeafType, GraphQLLeafType>()
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    const policy = policies.models.get(type.name) ?? policies.embedded.get(type.name)
    for (const field of Object.values(type.getFields())) {
      const fieldPolicy = policy?.fields.find(({ name }) => name === field.name)
      const guarded = fieldPolicy !== undefined && isProtected(fieldPolicy)
      if (guarded && isLeafType(getNamedType(field.type))) guardViewer(field, fieldPolicy)
      field.type = replaceLeaf(field.type, (leaf) =>
        guarded ? createGuard(leaf, fieldPolicy) : plainGuard(leaf, plainGuards),
      )
    }
  }
}

function plainGuard(leaf: GraphQLLeafType, known: Map<GraphQLLeafType, GraphQLLeafType>): GraphQLLeafType {
  let guard = known.get(leaf)
  if (guard === undefined) {
    guard = copyLeaf(leaf, (value) => {
      if (isWithheld(value)) throw new GatewayError('LEAK_REFUSED')
      return leaf.serialize(value)
    })
    known.set(leaf, guard)
  }
  return guard
}

/** A leaf does not know who asks; its resolver does. */
function guardViewer(field: GraphQLField<unknown, unknown>, { coordinate }: FieldPolicy): void {
  const { resolve = defaultFieldResolver } = field
  const judge = (value: unknown, decisions: unknown): unknown => {
    if (typeof value !== 'object' || value === null || value instanceof Error) return value
    if (Array.isArray(value)) for (const item of value) judge(item, decisions)
    else if (!Revealed.is(value) || value.decisions !== decisions) {
      throw new GatewayError('LEAK_REFUSED', { coordinate })
    }
    return value
  }
  if (isLeafReader(resolve)) {
    const read = resolve as unknown as (source: unknown) => unknown
    field.resolve = leafReader((source: unknown, _args: object, context: { decisions?: unknown }) =>
      judge(read(source), context.decisions),
    ) as typeof resolve
    return
  }
  field.resolve = (source, args, context, info) => {
    const value: unknown = resolve(source, args, context, info)
    const { decisions } = context as { decisions?: unknown }
    return isThenable(value)
      ? Promise.resolve(value).then((late) => judge(late, decisions))
      : judge(value, decisions)
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

function createGuard(leaf: GraphQLLeafType, { coordinate }: FieldPolicy): GraphQLLeafType {
  return copyLeaf(leaf, (value) => {
    if (!Revealed.is(value) || value.coordinate !== coordinate) {
      throw new GatewayError('LEAK_REFUSED', { coordinate })
    }
    const opened = Revealed.open(value)
    if (isWithheld(opened)) throw new GatewayError('LEAK_REFUSED', { coordinate })
    try {
      return leaf.serialize(opened)
    } catch {
      // The error of a scalar quotes the value.
      throw new GatewayError('INTERNAL_SERVER_ERROR', { coordinate })
    }
  })
}

function copyLeaf(leaf: GraphQLLeafType, serialize: (value: unknown) => unknown): GraphQLLeafType {
  if (leaf instanceof GraphQLEnumType) {
    const copy = new GraphQLEnumType(leaf.toConfig())
    copy.serialize = (value) => serialize(value) as string
    return copy
  }
  return new GraphQLScalarType({ ...leaf.toConfig(), serialize })
}

function replaceLeaf(
  type: GraphQLOutputType,
  replace: (leaf: GraphQLLeafType) => GraphQLLeafType,
): GraphQLOutputType {
  if (isNonNullType(type)) {
    return new GraphQLNonNull(replaceLeaf(type.ofType as GraphQLOutputType, replace) as GraphQLScalarType)
  }
  if (isListType(type)) return new GraphQLList(replaceLeaf(type.ofType, replace))
  return isLeafType(type) ? replace(type) : type
}

/** Released values pass at their own coordinate only, and bytes nowhere; nor does what holds them. */
function isWithheld(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Date) return false
  if (Revealed.is(value) || ArrayBuffer.isView(value) || isAnyArrayBuffer(value)) return true
  return (value as { _bsontype?: unknown })._bsontype === 'Binary' || Object.values(value).some(isWithheld)
}
