import { type FieldDefinitionNode, Kind, type ObjectTypeDefinitionNode, type TypeNode } from 'graphql'

import { type FieldType, type ListShape, type ScalarName, scalarNames } from './policies.ts'
import type { ArgumentReader } from './read-arguments.ts'
import type { SchemaProblems } from './schema-problems.ts'

/** The types of an SDL by name, sorted by what Sealgate does with them. */
export interface TypeIndex {
  readonly models: ReadonlyMap<string, ObjectTypeDefinitionNode>
  readonly embedded: ReadonlyMap<string, ObjectTypeDefinitionNode>
  readonly enums: ReadonlyMap<string, readonly string[]>
}

/** What a field's type means for storage; undefined when it is not supported, which is reported. */
export function readFieldType(
  field: FieldDefinitionNode,
  types: TypeIndex,
  args: ArgumentReader,
  problems: SchemaProblems,
): FieldType | undefined {
  const { shape, name } = unwrap(field.type)
  if (shape === undefined) {
    problems.add(
      field,
      'Lists of lists are not supported.',
      'use a list of an @embedded type that holds a list.',
    )
    return undefined
  }
  const relation = args.one(field, 'relation')
  if (types.models.has(name)) {
    if (relation !== undefined) return { kind: 'relation', name, key: relation.field, ...shape }
    problems.add(
      field,
      `${name} is a model of its own.`,
      'name the key that joins them: @relation(field: "…").',
    )
    return undefined
  }
  if (relation !== undefined) {
    problems.add(
      field,
      `@relation joins models, and ${name} is none.`,
      'remove @relation, or make the type a @model.',
    )
    return undefined
  }
  if (isScalar(name)) return { kind: 'scalar', name, ...shape }
  const values = types.enums.get(name)
  if (values !== undefined) return { kind: 'enum', name, values, ...shape }
  if (types.embedded.has(name)) return { kind: 'embedded', name, ...shape }
  problems.add(
    field,
    `${name} is not a type that can be stored.`,
    `use one of ${scalarNames.join(', ')}, an enum, an @embedded type, or a @model with @relation.`,
  )
  return undefined
}

function isScalar(name: string): name is ScalarName {
  return (scalarNames as readonly string[]).includes(name)
}

function unwrap(type: TypeNode): { name: string; shape: ListShape | undefined } {
  const required = type.kind === Kind.NON_NULL_TYPE
  const outer = required ? type.type : type
  if (outer.kind === Kind.NAMED_TYPE) {
    return { name: outer.name.value, shape: { list: false, required, requiredItems: false } }
  }
  const requiredItems = outer.type.kind === Kind.NON_NULL_TYPE
  const item = outer.type.kind === Kind.NON_NULL_TYPE ? outer.type.type : outer.type
  return item.kind === Kind.NAMED_TYPE
    ? { name: item.name.value, shape: { list: true, required, requiredItems } }
    : { name: '[…]', shape: undefined }
}
