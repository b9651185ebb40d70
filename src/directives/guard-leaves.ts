import {
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
import { type FieldPolicy, isProtected, type Policies } from './policies.ts'
import { Revealed } from './revealed.ts'

/**
 * Puts a guard in front of every leaf of an executable schema. A protected coordinate serialises only values that were
 * released for it; every other leaf refuses released values, bytes and objects with bytes inside.
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
      if (value instanceof Revealed || hasBytes(value)) throw new GatewayError('LEAK_REFUSED')
      return leaf.serialize(value)
    })
    known.set(leaf, guard)
  }
  return guard
}

function createGuard(leaf: GraphQLLeafType, { coordinate }: FieldPolicy): GraphQLLeafType {
  return copyLeaf(leaf, (value) => {
    if (!(value instanceof Revealed) || value.coordinate !== coordinate) {
      throw new GatewayError('LEAK_REFUSED', { coordinate })
    }
    const opened = Revealed.open(value)
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

function hasBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Date) return false
  if (value instanceof Uint8Array || (value as { _bsontype?: unknown })._bsontype === 'Binary') return true
  return Object.values(value).some(hasBytes)
}
