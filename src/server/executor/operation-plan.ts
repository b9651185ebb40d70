import {
  getNullableType,
  isIntrospectionType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql'
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js'
import { getFieldDef, type ExecutionContext } from 'graphql/execution/execute.js'
import { isLeafReader } from '../../directives/leaf-reader.ts'

/** The fields to answer of one object type at one place of an operation, in the order of the answer. */
export interface SelectionPlan {
  readonly fields: readonly FieldPlan[]
  /** An alias `__proto__` must become a property, not the prototype. */
  readonly hasProtoKey: boolean
}

export interface FieldPlan {
  readonly responseKey: string
  readonly parentType: GraphQLObjectType
  readonly definition: GraphQLField<unknown, unknown>
  /** As the client sent them, arguments and all. */
  readonly fieldNodes: readonly [FieldNode, ...FieldNode[]]
  readonly value: ValuePlan
  /** The leaf type of a field that is a property of its source: no resolver, no arguments, hence no path and no `info`. */
  readonly propertyType: GraphQLLeafType | undefined
  /** The same for a field whose resolver is a reader. */
  readonly readType: GraphQLLeafType | undefined
  /** The answer to `__typename`. */
  readonly typename: string | undefined
  /** Part of introspection: its resolvers see the public schema. */
  readonly describesSchema: boolean
  /** What is selected below, by runtime type; filled when the first value of that type arrives. */
  readonly selections: Map<GraphQLObjectType, SelectionPlan>
}

export type ValuePlan = { readonly nonNull: boolean } & (
  | { readonly kind: 'leaf'; readonly type: GraphQLLeafType }
  | { readonly kind: 'list'; readonly item: ValuePlan }
  | { readonly kind: 'object'; readonly type: GraphQLObjectType }
  | { readonly kind: 'abstract'; readonly type: GraphQLAbstractType }
)

/** Only for variables that decide `@skip` and `@include` in the same way is the plan the same. */
export function planOperation(context: ExecutionContext, rootType: GraphQLObjectType): SelectionPlan {
  const { schema, fragments, variableValues, operation } = context
  const nodes = collectFields(schema, fragments, variableValues, rootType, operation.selectionSet)
  return planFields(context, rootType, nodes)
}

export function planSubselection(
  context: ExecutionContext,
  field: FieldPlan,
  type: GraphQLObjectType,
): SelectionPlan {
  const { schema, fragments, variableValues } = context
  return planFields(
    context,
    type,
    collectSubfields(schema, fragments, variableValues, type, field.fieldNodes),
  )
}

function planFields(
  context: ExecutionContext,
  parentType: GraphQLObjectType,
  nodes: ReadonlyMap<string, readonly FieldNode[]>,
): SelectionPlan {
  const fields: FieldPlan[] = []
  for (const [responseKey, [firstNode, ...otherNodes]] of nodes) {
    if (firstNode === undefined) continue
    const definition = getFieldDef(context.schema, parentType, firstNode)
    if (definition == null) continue
    const value = planValue(definition.type)
    const leafType = value.kind === 'leaf' && definition.args.length === 0 ? value.type : undefined
    fields.push({
      responseKey,
      parentType,
      definition,
      fieldNodes: Object.freeze([firstNode, ...otherNodes] as const),
      value,
      propertyType: definition.resolve === undefined ? leafType : undefined,
      readType: isLeafReader(definition.resolve) ? leafType : undefined,
      typename: definition === TypeNameMetaFieldDef ? parentType.name : undefined,
      describesSchema:
        definition === SchemaMetaFieldDef ||
        definition === TypeMetaFieldDef ||
        isIntrospectionType(parentType),
      selections: new Map(),
    })
  }
  return { fields, hasProtoKey: nodes.has('__proto__') }
}

function planValue(type: GraphQLOutputType): ValuePlan {
  const nonNull = isNonNullType(type)
  const nullableType = getNullableType(type)
  if (isListType(nullableType)) return { kind: 'list', nonNull, item: planValue(nullableType.ofType) }
  if (isLeafType(nullableType)) return { kind: 'leaf', nonNull, type: nullableType }
  if (isObjectType(nullableType)) return { kind: 'object', nonNull, type: nullableType }
  return { kind: 'abstract', nonNull, type: nullableType }
}
