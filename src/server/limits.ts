import type { ApolloServerPlugin } from '@apollo/server'
import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'

import type { RequestContext } from '../resolvers/request-context.ts'

/** What one operation may ask for. Every bound is checked before any resolver runs. */
export interface RequestLimits {
  /** Tokens of a document. */
  readonly tokens: number
  /** Levels of fields, fragments not counted as levels. */
  readonly depth: number
  /** Aliases in a document, after fragments are spread. */
  readonly aliases: number
  /** Fields, multiplied by the page sizes above them. */
  readonly cost: number
}

export const defaultLimits: RequestLimits = { tokens: 5_000, depth: 15, aliases: 100, cost: 200_000 }

/** Fields that a list without a page size is counted as. */
const listFactor = 10

/** Counts depth, aliases and cost of the operation that is about to run, page sizes in variables included. */
export function createLimitsPlugin(limits: RequestLimits): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ document, operation, request }) => {
          if (operation === undefined) return Promise.resolve()
          const fragments = new Map<string, FragmentDefinitionNode>()
          for (const definition of document.definitions) {
            if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
          }
          const counter = new Counter(limits, fragments, variablesOf(operation, request.variables))
          counter.count(operation.selectionSet, 1, 1)
          return Promise.resolve()
        },
      }),
  }
}

/** The variables that page sizes can come from: as sent, or else their defaults. */
function variablesOf(
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const variables: Record<string, unknown> = {}
  for (const { variable, defaultValue } of variableDefinitions) {
    if (defaultValue?.kind === Kind.INT) variables[variable.name.value] = Number(defaultValue.value)
  }
  return Object.assign(variables, given)
}

class Counter {
  #aliases = 0
  #cost = 0
  readonly #limits: RequestLimits
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly #variables: Readonly<Record<string, unknown>>

  constructor(
    limits: RequestLimits,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    variables: Readonly<Record<string, unknown>>,
  ) {
    this.#limits = limits
    this.#fragments = fragments
    this.#variables = variables
  }

  count(set: SelectionSetNode, depth: number, factor: number): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = this.#fragments.get(selection.name.value)
        if (fragment !== undefined) this.count(fragment.selectionSet, depth, factor)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) this.count(selection.selectionSet, depth, factor)
      else this.#countField(selection, depth, factor)
    }
  }

  #countField(field: FieldNode, depth: number, factor: number): void {
    if (field.alias !== undefined) this.#aliases += 1
    this.#cost += factor
    this.#assert('aliases', this.#aliases)
    this.#assert('cost', this.#cost)
    if (field.selectionSet === undefined || field.name.value.startsWith('__')) return
    this.#assert('depth', depth + 1)
    this.count(field.selectionSet, depth + 1, factor * this.#pageSize(field))
  }

  #pageSize(field: FieldNode): number {
    const value = field.arguments?.find(({ name }) => name.value === 'first')?.value
    if (value?.kind === Kind.INT) return Math.max(1, Number(value.value))
    if (value?.kind === Kind.VARIABLE) {
      const given = this.#variables[value.name.value]
      return typeof given === 'number' && given > 0 ? given : listFactor
    }
    return 1
  }

  #assert(limit: 'aliases' | 'cost' | 'depth', count: number): void {
    if (count <= this.#limits[limit]) return
    throw new GraphQLError(`The operation exceeds the limit of ${this.#limits[limit]} (${limit}).`, {
      extensions: { code: 'LIMIT_EXCEEDED', limit, http: { status: 400 } },
    })
  }
}
