import {
  type FieldDefinitionNode,
  getArgumentValues,
  type GraphQLDirective,
  GraphQLError,
  type GraphQLSchema,
  type ObjectTypeDefinitionNode,
} from 'graphql'

import type { SchemaProblems } from './schema-problems.ts'

type Annotated = ObjectTypeDefinitionNode | FieldDefinitionNode

/** Reads the arguments of Sealgate's directives, coerced and checked by their definitions. */
export class ArgumentReader {
  readonly #schema: GraphQLSchema
  readonly #problems: SchemaProblems

  constructor(schema: GraphQLSchema, problems: SchemaProblems) {
    this.#schema = schema
    this.#problems = problems
  }

  /** The arguments of each use of a directive on a node; a use with a wrong value is reported and left out. */
  all<Args>(node: Annotated, name: string): readonly Args[] {
    const definition = this.#schema.getDirective(name)
    const uses = node.directives?.filter((directive) => directive.name.value === name) ?? []
    return uses.flatMap((use) => {
      try {
        return [getArgumentValues(definition as GraphQLDirective, use) as Args]
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error
        this.#problems.addGraphQLError(error, `see the definition of @${name}.`)
        return []
      }
    })
  }

  one<Args>(node: Annotated, name: string): Args | undefined {
    return this.all<Args>(node, name)[0]
  }

  has(node: Annotated, name: string): boolean {
    return node.directives?.some((directive) => directive.name.value === name) === true
  }
}
