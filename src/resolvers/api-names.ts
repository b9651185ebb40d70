import type { FieldPolicy, ModelPolicy } from '../directives/policies.ts'

/** The names that a model's operations and types have in the API. */
export interface ApiNames {
  readonly get: string
  readonly list: string
  readonly create: string
  readonly createMany: string
  readonly update: string
  readonly delete: string
  readonly connection: string
  readonly edge: string
  readonly filter: string
  readonly order: string
  readonly orderField: string
  readonly createOutcome: string
}

const capitalise = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

export function apiNames({ name, collection }: ModelPolicy): ApiNames {
  const single = name.charAt(0).toLowerCase() + name.slice(1)
  const many = collection === single ? `${collection}List` : collection
  return {
    get: single,
    list: many,
    create: `create${name}`,
    createMany: `create${capitalise(many)}`,
    update: `update${name}`,
    delete: `delete${name}`,
    connection: `${name}Connection`,
    edge: `${name}Edge`,
    filter: `${name}Filter`,
    order: `${name}Order`,
    orderField: `${name}OrderField`,
    createOutcome: `${name}CreateOutcome`,
  }
}

export const createInputName = (type: string): string => `${type}CreateInput`
export const updateInputName = (type: string): string => `${type}UpdateInput`
export const verifyName = (type: string, field: FieldPolicy): string =>
  `verify${type}${capitalise(field.name)}`

/** Fields that exist in answers; hashed and discarded ones are never read. */
export function isReadable({ protection }: FieldPolicy): boolean {
  return protection.kind !== 'hashed' && protection.kind !== 'discarded'
}

export function isWritable(field: FieldPolicy): boolean {
  return field.name !== 'id' && field.type.kind !== 'relation'
}

const sortableScalars: readonly string[] = [
  'ID',
  'String',
  'Int',
  'Float',
  'BigInt',
  'Date',
  'DateTime',
  'Boolean',
]

/** Plain single scalars and enums, masked ones included: who may sort by them is decided per viewer. */
export function isSortable({ protection, type }: FieldPolicy): boolean {
  if (protection.kind !== 'plain' || type.list) return false
  return type.kind === 'enum' || (type.kind === 'scalar' && sortableScalars.includes(type.name))
}

export function isFilterable(field: FieldPolicy): boolean {
  const { protection } = field
  return isSortable(field) || (protection.kind === 'encrypted' && protection.searchable)
}
