import {
  type FieldPolicy,
  isProtected,
  type ModelPolicy,
  type Policies,
  stored,
  type TypePolicy,
} from '../directives/policies.ts'
import { protectedPaths } from '../directives/protected-paths.ts'
import { leafReader } from '../directives/leaf-reader.ts'
import { revealedValue, type StoredObject } from '../directives/reveal-documents.ts'
import { answerWithoutKey } from '../directives/stand-in.ts'
import { GatewayError } from '../errors.ts'
import { apiNames, isReadable, verifyName } from './api-names.ts'
import { createKeyResolvers } from './key-api.ts'
import type { Resolve, ResolverTools } from './model-context.ts'
import {
  createCreateManyResolver,
  createCreateResolver,
  createDeleteResolver,
  createUpdateResolver,
} from './mutation-resolvers.ts'
import { createGetResolver, createListResolver } from './query-resolvers.ts'
import { createRelationResolver } from './relation-resolver.ts'
import { scalars } from './scalars.ts'
import { standInReader } from './stand-in-reader.ts'
import { createVerifyResolver, type HashedPlace } from './verify-resolver.ts'

type FieldResolvers = Record<string, Resolve>
export type Resolvers = Record<string, FieldResolvers | (typeof scalars)[keyof typeof scalars]>

/** The resolvers of the whole API. Fields that are not named here are read from the stored object as they are. */
export function createResolvers(tools: ResolverTools): Resolvers {
  const { policies } = tools
  const models = [...policies.models.values()]
  const query: FieldResolvers = models.length > 0 ? {} : { ready: () => true }
  const mutation: FieldResolvers = {}
  for (const model of models) addOperations(model, tools, query, mutation)
  const types: readonly TypePolicy[] = [...models, ...policies.embedded.values()]
  for (const type of types) {
    for (const field of type.fields) {
      if (field.protection.kind !== 'hashed') continue
      mutation[verifyName(type.name, field)] = createVerifyResolver(
        field,
        hashedPlaces(field, policies),
        tools,
      )
    }
  }
  if (tools.keyAdministration !== undefined) {
    const keys = createKeyResolvers(tools.keyAdministration)
    Object.assign(query, keys.Query)
    Object.assign(mutation, keys.Mutation)
  }
  return {
    ...scalars,
    Query: query,
    ...(Object.keys(mutation).length > 0 ? { Mutation: mutation } : {}),
    ...Object.fromEntries(types.map((type) => [type.name, fieldResolvers(type, tools)])),
  }
}

function addOperations(
  model: ModelPolicy,
  tools: ResolverTools,
  query: FieldResolvers,
  mutation: FieldResolvers,
): void {
  const names = apiNames(model)
  const { operations } = model
  if (operations.has('GET')) query[names.get] = createGetResolver(model, tools)
  if (operations.has('LIST')) query[names.list] = createListResolver(model, tools)
  if (operations.has('CREATE')) mutation[names.create] = createCreateResolver(model, tools)
  if (operations.has('CREATE_MANY')) mutation[names.createMany] = createCreateManyResolver(model, tools)
  if (operations.has('UPDATE')) mutation[names.update] = createUpdateResolver(model, tools)
  if (operations.has('DELETE')) mutation[names.delete] = createDeleteResolver(model, tools)
}

function fieldResolvers(type: TypePolicy, tools: ResolverTools): FieldResolvers {
  const resolvers: FieldResolvers = {}
  if (type.kind === 'model' || type.identified) resolvers.id = readStored(stored.id)
  for (const field of type.fields) {
    if (!isReadable(field) || field.name === 'id') continue
    if (isProtected(field)) {
      resolvers[field.name] =
        answerWithoutKey(field) === 'ERROR'
          ? leafReader((source: StoredObject) => revealedValue(source, field))
          : standInReader(field)
    } else if (type.kind === 'model' && field.type.kind === 'relation') {
      resolvers[field.name] = createRelationResolver(type, field, tools)
    } else if (field.personal && field.type.required) resolvers[field.name] = readPersonal(type, field)
    else if (field.stored !== field.name) resolvers[field.name] = readStored(field.stored)
  }
  return resolvers
}

function readStored(key: string): Resolve {
  return leafReader((source: StoredObject) => source[key])
}

/** A required value that was erased. Objects inside of a document do not say that they were redacted: null says it there. */
function readPersonal({ kind }: TypePolicy, { stored: key, coordinate }: FieldPolicy): Resolve {
  return leafReader((source: StoredObject) => {
    const erased = kind === 'embedded' || source[stored.erased] != null
    return source[key] ?? (erased ? new GatewayError('ERASED', { coordinate }) : null)
  })
}

/** Everywhere that a hashed field is stored: in its model, or in every place its embedded type stands. */
export function hashedPlaces(field: FieldPolicy, policies: Policies): readonly HashedPlace[] {
  return [...policies.models.values()].flatMap((model) =>
    [...protectedPaths(model, policies).values()]
      .filter((path) => path.field === field)
      .map((path) => ({ model, path, ...enclosing(model, path.path, policies) })),
  )
}

function enclosing(
  model: ModelPolicy,
  path: string,
  policies: Policies,
): Pick<HashedPlace, 'list' | 'parents'> {
  let list: string | undefined
  const parents: string[] = []
  let fields = model.fields
  const walked: string[] = []
  for (const key of path.split('.')) {
    walked.push(key)
    const field = fields.find((candidate) => candidate.stored === key)
    if (field?.type.kind !== 'embedded') break
    parents.push(field.coordinate)
    if (field.type.list) list = walked.join('.')
    fields = policies.embedded.get(field.type.name)?.fields ?? []
  }
  return { list, parents }
}
