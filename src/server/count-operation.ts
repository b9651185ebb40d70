import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLField,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'

import type { RequestLimits } from './limits.ts'

/** What a list whose size is not stated is counted as. */
const unstatedListSize = 10

export interface CountedOperation {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly variables: Readonly<Record<string, unknown>>
}

/** @throws GraphQLError LIMIT_EXCEEDED as soon as a limit is passed, so that counting is bounded as well */
export function countOperation(counted: CountedOperation, limits: RequestLimits): void {
  const root = counted.schema.getRootType(counted.operation.operation)
  if (root != null) new Counter(counted, limits).count(counted.operation.selectionSet, root, 1, 1)
}

class Counter {
  #aliases = 0
  #cost = 0
  readonly #counted: CountedOperation
  readonly #limits: RequestLimits
  readonly #fragments = new Map<string, FragmentDefinitionNode>()

  constructor(counted: CountedOperation, limits: RequestLimits) {
    this.#counted = counted
    this.#limits = limits
    for (const definition of counted.document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition)
    }
  }

  count(set: SelectionSetNode, parent: GraphQLNamedType, depth: number, factor: number): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = this.#fragments.get(selection.name.value)
        if (fragment !== undefined) this.count(fragment.selectionSet, parent, depth, factor)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.count(selection.selectionSet, parent, depth, factor)
      } else this.#countField(selection, parent, depth, factor)
    }
  }

  #countField(node: FieldNode, parent: GraphQLNamedType, depth: number, factor: number): void {
    if (node.alias !== undefined) this.#aliases += 1
    this.#cost += factor
    this.#assert('aliases', this.#aliases)
    this.#assert('cost', this.#cost)
    const field = isObjectType(parent) ? parent.getFields()[node.name.value] : undefined
    if (node.selectionSet === undefined || field === undefined) return
    this.#assert('depth', depth + 1)
    const size = this.#sizeOf(node, field, parent)
    this.count(node.selectionSet, getNamedType(field.type), depth + 1, factor * size)
  }

  /** How many objects a field is counted as: its page size, or for a list without one a guess. */
  #sizeOf(node: FieldNode, field: GraphQLField<unknown, unknown>, parent: GraphQLNamedType): number {
    const first = field.args.find(({ name }) => name === 'first')
    if (first !== undefined) {
      const given = this.#given(node) ?? first.defaultValue
      return typeof given === 'number' && given > 0 ? given : 1
    }
    // The size of a page was counted where the page was asked for.
    const inPage = isObjectType(parent) && 'pageInfo' in parent.getFields()
    return isListType(getNullableType(field.type)) && !inPage ? unstatedListSize : 1
  }

  #given(node: FieldNode): unknown {
    const value = node.arguments?.find(({ name }) => name.value === 'first')?.value
    if (value?.kind === Kind.INT) return Number(value.value)
    if (value?.kind !== Kind.VARIABLE) return undefined
    const name = value.name.value
    const definition = this.#counted.operation.variableDefinitions?.find(
      ({ variable }) => variable.name.value === name,
    )
    const fallback =
      definition?.defaultValue?.kind === Kind.INT ? Number(definition.defaultValue.value) : undefined
    return this.#counted.variables[name] ?? fallback
  }

  #assert(limit: 'aliases' | 'cost' | 'depth', count: number): void {
    if (count <= this.#limits[limit]) return
    throw new GraphQLError(`The operation exceeds the limit of ${this.#limits[limit]} (${limit}).`, {
      extensions: { code: 'LIMIT_EXCEEDED', limit, http: { status: 400 } },
    })
  }
}
