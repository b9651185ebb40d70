import { makeExecutableSchema } from '@graphql-tools/schema'
import {
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
} from 'graphql'

import { guardLeaves } from '../directives/guard-leaves.ts'
import type { Policies, RuleExpression, TypePolicy } from '../directives/policies.ts'
import { applyShield } from '../permissions/create-shield.ts'
import { guardedCoordinates } from '../permissions/guarded-coordinates.ts'
import { apiNames, isReadable, verifyName } from '../resolvers/api-names.ts'
import { apiSdl } from '../resolvers/api-sdl.ts'
import { createResolvers, hashedPlaces } from '../resolvers/create-resolvers.ts'
import { keyCoordinates } from '../resolvers/key-api.ts'
import type { ResolverTools } from '../resolvers/model-context.ts'
import { scalars } from '../resolvers/scalars.ts'

export interface Schemas {
  /** What clients see: validated and introspected against. */
  readonly publicSchema: GraphQLSchema
  /** What runs: resolvers, then shield outermost, guards at every leaf. */
  readonly executableSchema: GraphQLSchema
}

export function buildSchemas(document: DocumentNode, tools: ResolverTools): Schemas {
  const { policies } = tools
  const { keyAdministration } = tools
  const typeDefs = publicDocument(document, policies, keyAdministration !== undefined)
  const executable = makeExecutableSchema({ typeDefs, resolvers: createResolvers(tools) as never })
  const coordinates = guardedCoordinates({
    policies,
    namesOf: apiNames,
    verifications: verifications(policies),
    others: keyAdministration === undefined ? [] : keyCoordinates(keyAdministration.rule),
  })
  const executableSchema = applyShield(executable, coordinates)
  guardLeaves(executableSchema, policies)
  return { publicSchema: makeExecutableSchema({ typeDefs, resolvers: { ...scalars } }), executableSchema }
}

/** The types of the SDL without Sealgate's words and without fields that are never read, and the generated API. */
export function publicDocument(document: DocumentNode, policies: Policies, withKeys = false): DocumentNode {
  const generated = parse(apiSdl(policies, withKeys))
  const known = new Map<string, TypePolicy>([...policies.models, ...policies.embedded])
  const words = new Set([
    'ModelOperation',
    'ErasureMode',
    'KeyType',
    'KeyScope',
    'KeyUnavailableAnswer',
    'Normalizer',
    'MaskStyle',
    'ValueFormat',
    'LintRule',
  ])
  const own = document.definitions.flatMap((definition): DefinitionNode[] => {
    if (definition.kind === Kind.DIRECTIVE_DEFINITION) return []
    const isEnum =
      definition.kind === Kind.ENUM_TYPE_DEFINITION || definition.kind === Kind.ENUM_TYPE_EXTENSION
    if (isEnum && words.has(definition.name.value)) return []
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return [definition]
    const policy = known.get(definition.name.value)
    return policy === undefined ? [] : [publicType(definition, policy)]
  })
  return { kind: Kind.DOCUMENT, definitions: [...own, ...generated.definitions] }
}

function publicType(node: ObjectTypeDefinitionNode, policy: TypePolicy): ObjectTypeDefinitionNode {
  const readable = new Set(policy.fields.filter(isReadable).map(({ name }) => name))
  const fields = (node.fields ?? [])
    .filter(({ name }) => readable.has(name.value))
    .map((field): FieldDefinitionNode => ({ ...field, directives: [] }))
  const needsId = policy.kind === 'embedded' && policy.identified && !readable.has('id')
  return { ...node, directives: [], fields: needsId ? [elementId, ...fields] : fields }
}

const elementId: FieldDefinitionNode = {
  kind: Kind.FIELD_DEFINITION,
  name: { kind: Kind.NAME, value: 'id' },
  type: { kind: Kind.NON_NULL_TYPE, type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'ID' } } },
}

/** Who may read a model that holds the field, and may try its values. */
function verifications(policies: Policies): ReadonlyMap<string, RuleExpression> {
  const found = new Map<string, RuleExpression>()
  for (const type of [...policies.models.values(), ...policies.embedded.values()]) {
    for (const field of type.fields) {
      if (field.protection.kind !== 'hashed') continue
      const { verify } = field.protection
      const readers: RuleExpression = {
        kind: 'any',
        rules: hashedPlaces(field, policies).flatMap(({ model }) => model.access.read ?? []),
      }
      const rule: RuleExpression = verify === undefined ? readers : { kind: 'all', rules: [readers, verify] }
      found.set(verifyName(type.name, field), rule)
    }
  }
  return found
}
