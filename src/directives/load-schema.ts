import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { type DefinitionNode, type DocumentNode, GraphQLError, Kind, parse, print, Source } from 'graphql'
import { validateSDL } from 'graphql/validation/validate.js'

import { GatewayError } from '../errors.ts'
import { SchemaProblems } from './schema-problems.ts'

const wordsFile = fileURLToPath(new URL('../../schema/directives.graphql', import.meta.url))

/**
 * Reads every `.graphql` file of a folder, subfolders included, together with the definitions of Sealgate's directives.
 * @throws GatewayError SCHEMA_INVALID on syntax errors, unknown directives, arguments and types, with file, line and fix.
 */
export function loadSchema(folder: string): DocumentNode {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new GatewayError('SCHEMA_INVALID', {
      message: `There is no schema folder ${resolve(folder)}: see --schema, or SEALGATE_SCHEMA.`,
    })
  }
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.graphql'))
    .sort()
    .map((file) => join(folder, file))
  if (files.length === 0) {
    throw new GatewayError('SCHEMA_INVALID', {
      message: `There is no file in ${resolve(folder)} whose name ends in .graphql.`,
    })
  }
  return parseSchema(
    files.map((file) => new Source(readFileSync(file, 'utf8'), relative(process.cwd(), file))),
  )
}

/** {@link loadSchema} for SDL that is already in memory. */
export function parseSchema(sources: readonly Source[]): DocumentNode {
  const problems = new SchemaProblems()
  const words = parse(new Source(readFileSync(wordsFile, 'utf8'), 'sealgate/schema/directives.graphql'))
  const wordTexts = new Map(words.definitions.map((definition) => [keyOf(definition), print(definition)]))
  const definitions: DefinitionNode[] = [...words.definitions]
  for (const source of sources) {
    for (const definition of parseSource(source, problems)) {
      if (wordTexts.get(keyOf(definition)) === print(definition)) continue
      definitions.push(definition)
      checkWords(definition, wordTexts, problems)
    }
  }
  problems.throwIfAny()
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions }
  for (const error of validateSDL(document)) problems.addGraphQLError(error, fixOf(error, words))
  problems.throwIfAny()
  return document
}

/** What a directive of another's making says would be ignored: a misspelt `@encrypted` would store plaintext. */
function checkWords(
  definition: DefinitionNode,
  wordTexts: ReadonlyMap<string, string>,
  problems: SchemaProblems,
): void {
  if (definition.kind === Kind.DIRECTIVE_DEFINITION) {
    const message = `@${definition.name.value} would have no effect: the directives are Sealgate's.`
    problems.add(definition, message, 'remove the definition.')
  } else if (definition.kind === Kind.ENUM_TYPE_EXTENSION && definition.name.value !== 'KeyType') {
    if (!wordTexts.has(`${Kind.ENUM_TYPE_DEFINITION}:${definition.name.value}`)) return
    const message = `${definition.name.value} cannot be extended: of Sealgate's enums, only KeyType can.`
    problems.add(definition, message, 'remove the extension.')
  }
}

function parseSource(source: Source, problems: SchemaProblems): readonly DefinitionNode[] {
  try {
    return parse(source).definitions
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    problems.addGraphQLError(error, 'correct the syntax at the caret.')
    return []
  }
}

function keyOf(definition: DefinitionNode): string {
  return 'name' in definition ? `${definition.kind}:${definition.name?.value ?? ''}` : definition.kind
}

function fixOf(error: GraphQLError, words: DocumentNode): string {
  const directives = words.definitions.filter((definition) => definition.kind === Kind.DIRECTIVE_DEFINITION)
  const named = directives.find(({ name }) => error.message.includes(`"@${name.value}"`))
  if (named?.arguments?.length && error.message.includes('argument')) {
    const names = named.arguments.map((argument) => argument.name.value)
    return `@${named.name.value} takes: ${names.join(', ')}.`
  }
  if (error.message.startsWith('Unknown directive')) {
    return `the directives are: ${directives.map(({ name }) => `@${name.value}`).join(', ')}.`
  }
  return 'correct what the message names at the caret.'
}
