import DataLoader from 'dataloader'
import type { GraphQLResolveInfo } from 'graphql'

import { type FieldPolicy, type ModelPolicy, stored } from '../directives/policies.ts'
import type { StoredObject } from '../directives/reveal-documents.ts'
import { GatewayError } from '../errors.ts'
import { permittedRows, repositoryOf, type Resolve, type ResolverTools, revealAll } from './model-context.ts'
import type { RequestContext } from './request-context.ts'
import { selectedPaths } from './selected-paths.ts'

/** Joins documents of another model: one query and one key-service round for all parents of a level. */
export function createRelationResolver(
  owner: ModelPolicy,
  field: FieldPolicy,
  tools: ResolverTools,
): Resolve {
  const { type } = field
  const target = type.kind === 'relation' ? tools.policies.models.get(type.name) : undefined
  if (type.kind !== 'relation' || target === undefined) {
    throw new GatewayError('INTERNAL_SERVER_ERROR', { coordinate: field.coordinate })
  }
  const keyOwner = type.list ? target : owner
  const key = keyOwner.fields.find(({ name }) => name === type.key)?.stored ?? type.key
  return (source, _args, context, info) => {
    const value = source[type.list ? stored.id : key]
    if (typeof value !== 'string') return type.list ? [] : null
    return loaderOf(
      { target, list: type.list, path: type.list ? key : stored.id },
      tools,
      context,
      info,
    ).load(value)
  }
}

interface Join {
  readonly target: ModelPolicy
  readonly list: boolean
  /** Stored path in the target that the parents' values are looked up by. */
  readonly path: string
}

function loaderOf(
  join: Join,
  tools: ResolverTools,
  context: RequestContext,
  info: GraphQLResolveInfo,
): DataLoader<string, unknown> {
  let loader = context.loaders.get(info.fieldNodes)
  if (loader === undefined) {
    loader = new DataLoader((values) => load(join, values, tools, context, info), { cache: false })
    context.loaders.set(info.fieldNodes, loader)
  }
  return loader
}

async function load(
  { target, list, path }: Join,
  values: readonly string[],
  tools: ResolverTools,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<unknown[]> {
  const { relationSize } = tools.limits
  const rows = permittedRows(context, target, 'read')
  const selection = tools.selections.of(info, target)
  const found = await repositoryOf(tools, target).findByKeys(
    rows,
    path,
    [...new Set(values)],
    relationSize + 1,
    selectedPaths(target, selection),
  )
  if (found.length > relationSize) {
    const message = `A relation may bring ${relationSize} documents at once; ask for fewer parents.`
    throw new GatewayError('LIMIT_EXCEEDED', { message })
  }
  await revealAll(tools, target, found, selection, context)
  const byValue = new Map<unknown, StoredObject[]>()
  for (const document of found) {
    const group = byValue.get(document[path])
    if (group === undefined) byValue.set(document[path], [document])
    else group.push(document)
  }
  return values.map((value) => (list ? (byValue.get(value) ?? []) : (byValue.get(value)?.[0] ?? null)))
}
