import {
  type FieldDefinitionNode,
  getArgumentValues,
  getNamedType,
  type GraphQLDirective,
  GraphQLError,
  type GraphQLSchema,
  GraphQLString,
  isEnumType,
  type ObjectTypeDefinitionNode,
} from 'graphql'

import type {
  AccessDirectiveArgs,
  EncryptedDirectiveArgs,
  FormatDirectiveArgs,
  HashedDirectiveArgs,
  IndexDirectiveArgs,
  LintOffDirectiveArgs,
  MaskedDirectiveArgs,
  ModelDirectiveArgs,
  RelationDirectiveArgs,
  RetainDirectiveArgs,
  StoredDirectiveArgs,
} from '../generated/directives.ts'
import type { SchemaProblems } from './schema-problems.ts'

/** The directives with arguments; those with defaults always have a value. */
interface DirectiveArguments {
  access: AccessDirectiveArgs
  encrypted: Required<EncryptedDirectiveArgs>
  format: FormatDirectiveArgs
  hashed: Required<HashedDirectiveArgs>
  index: Required<IndexDirectiveArgs>
  lintOff: LintOffDirectiveArgs
  masked: MaskedDirectiveArgs
  model: Required<Pick<ModelDirectiveArgs, 'erase'>> & ModelDirectiveArgs
  relation: RelationDirectiveArgs
  retain: RetainDirectiveArgs
  stored: StoredDirectiveArgs
}

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
  all<Name extends keyof DirectiveArguments>(
    node: Annotated,
    name: Name,
  ): readonly DirectiveArguments[Name][] {
    const definition = this.#schema.getDirective(name)
    const uses = node.directives?.filter((directive) => directive.name.value === name) ?? []
    if (definition == null) return []
    return uses.flatMap((use) => {
      try {
        return [getArgumentValues(definition, use) as DirectiveArguments[Name]]
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error
        this.#problems.addGraphQLError(error, fixOf(definition, error))
        return []
      }
    })
  }

  one<Name extends keyof DirectiveArguments>(
    node: Annotated,
    name: Name,
  ): DirectiveArguments[Name] | undefined {
    return this.all(node, name)[0]
  }

  has(node: Annotated, name: string): boolean {
    return node.directives?.some((directive) => directive.name.value === name) === true
  }
}

/** What the argument that an error names may be. */
function fixOf(definition: GraphQLDirective, { message }: GraphQLError): string {
  const named = /^Argument "(\w+)"/.exec(message)?.[1]
  const argument = definition.args.find(({ name }) => name === named)
  if (argument === undefined) return `see the definition of @${definition.name}.`
  const type = getNamedType(argument.type)
  const text = type === GraphQLString ? ', each text in quotation marks' : ''
  return isEnumType(type)
    ? `\`${argument.name}\` takes ${type
        .getValues()
        .map(({ name }) => name)
        .join(', ')}.`
    : `\`${argument.name}\` takes ${String(argument.type)}${text}.`
}
