import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
} from 'graphql'
import pluralize from 'pluralize'

import { checkErasure, checkPersonal, readRetention } from './check-erasure.ts'
import { checkField, checkModel, checkNesting, checkType } from './check-policies.ts'
import type { EmbeddedPolicy, FieldPolicy, ModelPolicy, Policies } from './policies.ts'
import { AccessReader, type KnownRules } from './read-access.ts'
import { ArgumentReader } from './read-arguments.ts'
import { type FieldReader, readField } from './read-field.ts'
import type { TypeIndex } from './read-field-type.ts'
import { SchemaProblems } from './schema-problems.ts'

/**
 * Reads what an SDL says, once, at start.
 * @param document - what `loadSchema` returned
 * @throws GatewayError SCHEMA_INVALID that names every mistake with file, line, excerpt and fix
 */
export function readPolicies(document: DocumentNode, known: KnownRules): Policies {
  const problems = new SchemaProblems()
  const args = new ArgumentReader(buildASTSchema(document, { assumeValidSDL: true }), problems)
  const types = indexTypes(document, args, problems)
  const reader: FieldReader = { types, args, access: new AccessReader(args, known, problems), problems }
  const embedded = new Map<string, EmbeddedPolicy>()
  for (const [name, node] of types.embedded) embedded.set(name, readEmbedded(name, node, reader))
  const models = new Map<string, ModelPolicy>()
  for (const [name, node] of types.models) models.set(name, readModel(name, node, reader))
  const policies: Policies = {
    models,
    embedded: new Map([...embedded].map(markIdentified(models, embedded))),
  }
  for (const policy of models.values()) {
    checkModel(policy, policies, types, reader)
    checkErasure(policy, policies, types, reader)
  }
  checkNesting(policies, types, reader)
  problems.throwIfAny()
  return policies
}

function indexTypes(document: DocumentNode, args: ArgumentReader, problems: SchemaProblems): TypeIndex {
  const models = new Map<string, ObjectTypeDefinitionNode>()
  const embedded = new Map<string, ObjectTypeDefinitionNode>()
  const enums = new Map<string, readonly string[]>()
  for (const node of document.definitions) {
    if (node.kind === Kind.ENUM_TYPE_DEFINITION || node.kind === Kind.ENUM_TYPE_EXTENSION) {
      const values = node.values?.map((value) => value.name.value) ?? []
      enums.set(node.name.value, [...(enums.get(node.name.value) ?? []), ...values])
    } else if (
      node.kind === Kind.OBJECT_TYPE_DEFINITION &&
      args.has(node, 'model') !== args.has(node, 'embedded')
    ) {
      ;(args.has(node, 'model') ? models : embedded).set(node.name.value, node)
    } else if (node.kind !== Kind.DIRECTIVE_DEFINITION && node.kind !== Kind.SCALAR_TYPE_DEFINITION) {
      const message = 'The schema holds object types, each @model or @embedded, enums, and nothing else.'
      problems.add(node, message, fixOf(node))
    }
  }
  return { models, embedded, enums }
}

function fixOf(node: DefinitionNode): string {
  if (node.kind === Kind.OBJECT_TYPE_EXTENSION) return 'put the fields into the type itself.'
  if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) return 'remove it: inputs and the like are generated.'
  if (['Query', 'Mutation', 'Subscription'].includes(node.name.value))
    return 'remove it: queries and mutations are generated, by @model(operations: […]).'
  return 'mark it with one of the two: @model (a collection of its own) or @embedded (inside its parent).'
}

function readFields(node: ObjectTypeDefinitionNode, reader: FieldReader): readonly FieldPolicy[] {
  return (node.fields ?? []).flatMap((field: FieldDefinitionNode) => {
    const policy = readField(node.name.value, field, reader)
    if (policy === undefined) return []
    checkField(policy, field, node, reader)
    checkPersonal(policy, field, reader)
    return [policy]
  })
}

function readEmbedded(name: string, node: ObjectTypeDefinitionNode, reader: FieldReader): EmbeddedPolicy {
  if (reader.args.has(node, 'access')) {
    const fix = 'put @access on the fields that embed it, or on its own fields.'
    reader.problems.add(node, 'An embedded type is read and written with its parent.', fix)
  }
  if (reader.args.has(node, 'retain')) {
    reader.problems.add(node, 'An embedded type is as old as its document.', 'put @retain on the model.')
  }
  const policy: EmbeddedPolicy = {
    kind: 'embedded',
    name,
    identified: false,
    fields: readFields(node, reader),
  }
  checkType(policy, node, reader)
  return policy
}

function readModel(name: string, node: ObjectTypeDefinitionNode, reader: FieldReader): ModelPolicy {
  const model = reader.args.one(node, 'model')
  const collection = model?.collection ?? pluralize(name.charAt(0).toLowerCase() + name.slice(1))
  if (!/^[a-zA-Z][A-Za-z0-9_]*$/.test(collection)) {
    reader.problems.add(
      node,
      `"${collection}" cannot name a collection.`,
      'use letters, digits and underscores.',
    )
  }
  const subjects = node.fields?.filter((field) => reader.args.has(field, 'subject')) ?? []
  if (subjects.length > 1) {
    reader.problems.add(node, 'A document has one subject.', 'keep one @subject, or split the type.')
  }
  const policy: ModelPolicy = {
    kind: 'model',
    name,
    collection,
    operations: new Set(model?.operations ?? []),
    access: reader.access.read(node),
    subject: subjects.find(({ name: { value } }) => value !== 'id')?.name.value,
    erase: model?.erase ?? 'REDACT',
    retention: readRetention(node, reader),
    fields: readFields(node, reader),
  }
  checkType(policy, node, reader)
  return policy
}

function markIdentified(
  models: ReadonlyMap<string, ModelPolicy>,
  embedded: ReadonlyMap<string, EmbeddedPolicy>,
) {
  const owners = [...models.values(), ...embedded.values()]
  return ([name, policy]: [string, EmbeddedPolicy]): [string, EmbeddedPolicy] => {
    const inList = owners.some(({ fields }) =>
      fields.some(({ type }) => type.kind === 'embedded' && type.name === name && type.list),
    )
    return [name, { ...policy, identified: inList || policy.fields.some((field) => field.name === 'id') }]
  }
}
