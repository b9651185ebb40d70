import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getNamedType,
  Kind,
  visit,
} from 'graphql'
import { collectSubfields } from 'graphql/execution/collectFields.js'

import {
  type EmbeddedPolicy,
  type FieldPolicy,
  isProtected,
  type Policies,
  type TypePolicy,
} from './policies.ts'

/** What a selection needs of a stored object: its protected fields, and those of the embedded objects below it. */
export interface Selection {
  /** All that are selected, protected or not. */
  readonly fields: readonly FieldPolicy[]
  readonly protected: readonly FieldPolicy[]
  readonly embedded: readonly { readonly field: FieldPolicy; readonly selection: Selection }[]
}

/** Reads selections of stored types, remembering them per document: documents are parsed once and kept by the server. */
export class Selections {
  readonly #policies: Policies
  /** By the fields between, joined. */
  readonly #known = new WeakMap<FieldNode, Map<string, Selection>>()
  readonly #conditional = new WeakMap<object, boolean>()

  constructor(policies: Policies) {
    this.#policies = policies
  }

  /**
   * @param type - the stored type that is selected
   * @param through - fields between the resolved field and the stored type, such as `edges`, `node`
   */
  of(info: GraphQLResolveInfo, type: TypePolicy, through: readonly string[] = []): Selection {
    const first = info.fieldNodes[0]
    const cacheable = first !== undefined && info.fieldNodes.length === 1 && !this.#isConditional(info)
    if (!cacheable) return this.#readThrough(info, type, through)
    const known = this.#known.get(first) ?? new Map<string, Selection>()
    this.#known.set(first, known)
    const name = through.join('.')
    const selection = known.get(name) ?? this.#readThrough(info, type, through)
    known.set(name, selection)
    return selection
  }

  #readThrough(info: GraphQLResolveInfo, type: TypePolicy, through: readonly string[]): Selection {
    let nodes: readonly FieldNode[] = info.fieldNodes
    let objectType = getNamedType(info.returnType) as GraphQLObjectType
    for (const name of through) {
      const subfields = [...collectSubfieldsOf(info, objectType, nodes).values()]
      nodes = subfields.flat().filter((node) => node.name.value === name)
      const field = objectType.getFields()[name]
      if (nodes.length === 0 || field === undefined) return nothing
      objectType = getNamedType(field.type) as GraphQLObjectType
    }
    return this.#read(info, objectType, nodes, type)
  }

  #read(
    info: GraphQLResolveInfo,
    objectType: GraphQLObjectType,
    nodes: readonly FieldNode[],
    type: TypePolicy,
  ): Selection {
    const fields: FieldPolicy[] = []
    const embedded: { field: FieldPolicy; selection: Selection }[] = []
    for (const group of byFieldName(collectSubfieldsOf(info, objectType, nodes).values())) {
      const field = type.fields.find(({ name }) => name === group[0]?.name.value)
      if (field === undefined) continue
      fields.push(field)
      const inner = this.#embedded(field)
      const innerType = objectType.getFields()[field.name]?.type
      if (inner === undefined || innerType === undefined) continue
      const selection = this.#read(info, getNamedType(innerType) as GraphQLObjectType, group, inner)
      if (selection.protected.length > 0 || selection.embedded.length > 0) embedded.push({ field, selection })
    }
    return { fields, protected: fields.filter(isProtected), embedded }
  }

  #embedded({ type }: FieldPolicy): EmbeddedPolicy | undefined {
    return type.kind === 'embedded' ? this.#policies.embedded.get(type.name) : undefined
  }

  /** Whether the operation has `@skip` or `@include`, so that its selections depend on variables. */
  #isConditional(info: GraphQLResolveInfo): boolean {
    let conditional = this.#conditional.get(info.operation)
    if (conditional === undefined) {
      conditional = [info.operation, ...Object.values(info.fragments)].some(hasDirective)
      this.#conditional.set(info.operation, conditional)
    }
    return conditional
  }
}

const nothing: Selection = { fields: [], protected: [], embedded: [] }

function collectSubfieldsOf(
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
): Map<string, readonly FieldNode[]> {
  return collectSubfields(info.schema, info.fragments, info.variableValues, type, nodes)
}

/** Aliases of one field are one: what they select is read together. */
function byFieldName(groups: Iterable<readonly FieldNode[]>): Iterable<readonly FieldNode[]> {
  const merged = new Map<string, FieldNode[]>()
  for (const group of groups) {
    const name = group[0]?.name.value ?? ''
    merged.set(name, [...(merged.get(name) ?? []), ...group])
  }
  return merged.values()
}

function hasDirective(node: Parameters<typeof visit>[0]): boolean {
  let found = false
  visit(node, {
    [Kind.DIRECTIVE]() {
      found = true
    },
  })
  return found
}
