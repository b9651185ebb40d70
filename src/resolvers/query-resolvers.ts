import { type FieldPolicy, type ModelPolicy, stored } from '../directives/policies.ts'
import type { StoredObject } from '../directives/reveal-documents.ts'
import type { SearchedPath } from '../directives/search.ts'
import type { Selection } from '../directives/selection.ts'
import { GatewayError } from '../errors.ts'
import type { Order } from '../storage/page.ts'
import { Connection, decodeCursor } from './connection.ts'
import {
  ownRows,
  permittedRows,
  repositoryOf,
  type Resolve,
  type ResolverTools,
  revealAll,
} from './model-context.ts'
import type { RequestContext } from './request-context.ts'
import { selectedPaths } from './selected-paths.ts'

export function createGetResolver(model: ModelPolicy, tools: ResolverTools): Resolve {
  const repository = repositoryOf(tools, model)
  return async (_source, { id }, context, info) => {
    const selection = tools.selections.of(info, model)
    const rows = permittedRows(context, model, 'read')
    const document = await repository.findById(rows, id as string, selectedPaths(model, selection))
    if (document !== null) await revealAll(tools, model, [document], selection, context)
    return document
  }
}

interface ListArguments {
  readonly first: number
  readonly after?: string | null
  readonly filter?: Readonly<Record<string, unknown>> | null
  readonly orderBy?: { readonly field: string; readonly direction: Order['direction'] } | null
}

export function createListResolver(model: ModelPolicy, tools: ResolverTools): Resolve {
  const repository = repositoryOf(tools, model)
  return async (_source, args, context, info) => {
    const { first, after, filter, orderBy } = args as unknown as ListArguments
    const { decisions, audit } = context
    assertPageSize(first, tools.limits.pageSize)
    const permitted = permittedRows(context, model, 'read')
    const orderField = orderBy == null ? undefined : findField(model, orderBy.field)
    const search = await tools.searcher.prepare({ model, filter, orderBy: orderField, decisions })
    const selection = mergeSelections([
      tools.selections.of(info, model, ['nodes']),
      tools.selections.of(info, model, ['edges', 'node']),
    ])
    const found = await repository.list({
      rows: search.rows === 'own' ? ownRows(decisions.tenant, decisions.subject) : permitted,
      condition: search.condition,
      order:
        orderField === undefined
          ? undefined
          : { path: orderField.stored, direction: orderBy?.direction ?? 'ASC' },
      after: after == null ? undefined : decodeCursor(after),
      limit: first + 1,
      paths: [...selectedPaths(model, selection), ...search.searched.map(({ field }) => field.stored)],
    })
    const page = found.slice(0, first)
    const documents = await tools.verifyMatches({
      model,
      documents: page,
      searched: search.searched,
      observe: (act) => {
        audit.record(act)
      },
    })
    recordSearch(context, search.searched, documents)
    await revealAll(tools, model, documents, selection, context)
    return new Connection(documents, { hasNextPage: found.length > first, hasPreviousPage: after != null })
  }
}

/** To search by a value is to see it in clear, whether something is found or not. */
function recordSearch(
  { audit }: RequestContext,
  searched: readonly SearchedPath[],
  found: readonly StoredObject[],
): void {
  for (const { field } of searched) {
    const documents = audit.documents(field.coordinate, 'searched')
    for (const document of found)
      documents.push({ id: String(document[stored.id]), subject: String(document[stored.subject]) })
  }
}

function assertPageSize(first: number, limit: number): void {
  if (first >= 0 && first <= limit) return
  const message = `A page has between 0 and ${limit} documents.`
  throw new GatewayError('LIMIT_EXCEEDED', { message, inputPath: 'first' })
}

function findField(model: ModelPolicy, name: string): FieldPolicy {
  const field = model.fields.find((candidate) => candidate.name === name)
  if (field === undefined) throw new GatewayError('BAD_USER_INPUT', { inputPath: 'orderBy.field' })
  return field
}

function mergeSelections(selections: readonly Selection[]): Selection {
  const filled = selections.filter(({ fields }) => fields.length > 0)
  if (filled.length === 1 && filled[0] !== undefined) return filled[0]
  const byField = new Map<FieldPolicy, Selection>()
  for (const { field, selection } of filled.flatMap(({ embedded }) => embedded)) {
    const known = byField.get(field)
    byField.set(field, known === undefined ? selection : mergeSelections([known, selection]))
  }
  return {
    fields: [...new Set(filled.flatMap(({ fields }) => fields))],
    protected: [...new Set(filled.flatMap((selection) => selection.protected))],
    embedded: [...byField].map(([field, selection]) => ({ field, selection })),
  }
}
