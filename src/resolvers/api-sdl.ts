import type {
  EmbeddedPolicy,
  FieldPolicy,
  FieldType,
  ModelPolicy,
  Policies,
  TypePolicy,
} from '../directives/policies.ts'
import {
  type ApiNames,
  apiNames,
  createInputName,
  isFilterable,
  isSortable,
  isWritable,
  updateInputName,
  verifyName,
} from './api-names.ts'
import { keyApiSdl } from './key-api.ts'

/**
 * The generated half of the API as SDL: queries, mutations, inputs and pages for the models of a schema.
 *
 * @param withKeys - whether the part about keys belongs to it
 */
export function apiSdl(policies: Policies, withKeys = false): string {
  const models = [...policies.models.values()]
  const types: readonly TypePolicy[] = [...models, ...policies.embedded.values()]
  const verify = types.flatMap((type) =>
    type.fields
      .filter(({ protection }) => protection.kind === 'hashed')
      .map((field) => verifySdl(type, field)),
  )
  const queries = models.flatMap(queriesSdl)
  const mutations = [...models.flatMap(mutationsSdl), ...verify]
  return [
    `type Query {\n${lines(queries.length > 0 ? queries : ['"Always true."\nready: Boolean!'])}\n}`,
    ...(mutations.length > 0 ? [`type Mutation {\n${lines(mutations)}\n}`] : []),
    ...(withKeys
      ? [mutations.length > 0 ? keyApiSdl : keyApiSdl.replace('extend type Mutation', 'type Mutation')]
      : []),
    ...models.map(modelTypesSdl),
    ...types.map(inputsSdl),
    ...enumFiltersSdl(models),
    sharedSdl,
  ].join('\n\n')
}

const lines = (entries: readonly string[]): string => entries.join('\n').replace(/^/gm, '  ')

function queriesSdl(model: ModelPolicy): string[] {
  const names = apiNames(model)
  const entries: string[] = []
  if (model.operations.has('GET')) {
    entries.push(
      `"One document, or null where there is none that the viewer may read."\n${names.get}(id: ID!): ${model.name}`,
    )
  }
  if (model.operations.has('LIST')) {
    entries.push(
      `"The documents that the viewer may read, in pages."\n${names.list}(first: Int! = 20, after: String, filter: ${names.filter}, orderBy: ${names.order}): ${names.connection}`,
    )
  }
  return entries
}

function mutationsSdl(model: ModelPolicy): string[] {
  const names = apiNames(model)
  const { operations, name } = model
  return [
    operations.has('CREATE') ? `${names.create}(input: ${createInputName(name)}!): ${name}` : '',
    operations.has('CREATE_MANY')
      ? `"Creates what is valid, and reports each item's outcome in the order of the inputs."\n${names.createMany}(inputs: [${createInputName(name)}!]!): [${names.createOutcome}!]`
      : '',
    operations.has('UPDATE')
      ? `"Absent fields stay, null removes a value. With \`revision\`, only if the document is still at it."\n${names.update}(id: ID!, input: ${updateInputName(name)}!, revision: Int): ${name}`
      : '',
    operations.has('DELETE') ? `"Answers the id of the deleted document."\n${names.delete}(id: ID!): ID` : '',
  ].filter((entry) => entry !== '')
}

function verifySdl(type: TypePolicy, field: FieldPolicy): string {
  const whose = type.kind === 'model' || !type.identified ? 'document' : type.name
  return `"Whether the value matches the stored one. \`id\` is the ${whose}'s."\n${verifyName(type.name, field)}(id: ID!, value: String!): Boolean`
}

function modelTypesSdl(model: ModelPolicy): string {
  const names = apiNames(model)
  const filters = model.fields.filter(isFilterable)
  const sorts = model.fields.filter(isSortable)
  const parts: string[] = []
  if (model.operations.has('LIST')) {
    parts.push(
      `type ${names.connection} {\n  edges: [${names.edge}!]!\n  nodes: [${model.name}!]!\n  pageInfo: PageInfo!\n}`,
      `type ${names.edge} {\n  cursor: String!\n  node: ${model.name}!\n}`,
      `input ${names.filter} {\n${lines([`and: [${names.filter}!]`, `or: [${names.filter}!]`, `not: ${names.filter}`, ...filters.map((field) => `${field.name}: ${filterTypeName(field)}`)])}\n}`,
      `enum ${names.orderField} {\n${lines(sorts.map((field) => field.name))}\n}`,
      `input ${names.order} {\n  field: ${names.orderField}!\n  direction: OrderDirection! = ASC\n}`,
    )
  }
  if (model.operations.has('CREATE_MANY')) parts.push(createOutcomeSdl(model, names))
  return parts.join('\n\n')
}

function createOutcomeSdl(model: ModelPolicy, names: ApiNames): string {
  return `"One of the two is null."\ntype ${names.createOutcome} {\n  document: ${model.name}\n  error: WriteError\n}`
}

function filterTypeName({ type, protection }: FieldPolicy): string {
  return protection.kind === 'encrypted' ? `Encrypted${type.name}Filter` : `${type.name}Filter`
}

function enumFiltersSdl(models: readonly ModelPolicy[]): string[] {
  const filtered = models.flatMap((model) => model.fields.filter(isFilterable))
  const names = new Set(filtered.flatMap(({ type }) => (type.kind === 'enum' ? [type.name] : [])))
  return [...names].map((name) => `input ${name}Filter {\n  eq: ${name}\n  ne: ${name}\n  in: [${name}!]\n}`)
}

function inputsSdl(type: TypePolicy): string {
  const fields = type.fields.filter(isWritable)
  const create = fields.map((field) => `${field.name}: ${inputType(field.type, true)}`)
  const update = fields.map((field) => `${field.name}: ${inputType(field.type, false)}`)
  const element = identifies(type)
    ? ['"The element to keep or change; absent for a new one."\nid: ID', ...update]
    : update
  return [
    `input ${createInputName(type.name)} {\n${lines(create)}\n}`,
    `input ${updateInputName(type.name)} {\n${lines(element)}\n}`,
  ].join('\n\n')
}

function identifies(type: TypePolicy): type is EmbeddedPolicy {
  return type.kind === 'embedded' && type.identified
}

function inputType(type: FieldType, creating: boolean): string {
  const input = creating ? createInputName : updateInputName
  const named = type.kind === 'embedded' ? input(type.name) : type.name
  const item = type.list ? `[${named}${type.requiredItems ? '!' : ''}]` : named
  return creating && type.required ? `${item}!` : item
}

const ordered = ['ID', 'String', 'Int', 'Float', 'BigInt', 'Date', 'DateTime']
const searchable = ['String', 'ID', 'Int', 'BigInt', 'Date']

const sharedSdl = [
  'type PageInfo {\n  hasNextPage: Boolean!\n  hasPreviousPage: Boolean!\n  startCursor: String\n  endCursor: String\n}',
  'enum OrderDirection {\n  ASC\n  DESC\n}',
  'type WriteError {\n  code: String!\n  message: String!\n  "Where in the input, such as `inputs[3].email`."\n  inputPath: String\n  coordinate: String\n}',
  'input BooleanFilter {\n  eq: Boolean\n  ne: Boolean\n}',
  ...ordered.map(
    (name) =>
      `input ${name}Filter {\n${lines(['eq', 'ne', 'gt', 'gte', 'lt', 'lte'].map((operator) => `${operator}: ${name}`))}\n  in: [${name}!]\n}`,
  ),
  ...searchable.map(
    (name) =>
      `"An encrypted field can be searched by equality only."\ninput Encrypted${name}Filter {\n  eq: ${name}\n  in: [${name}!]\n}`,
  ),
].join('\n\n')
