import type { GraphQLResolveInfo } from 'graphql'

import type { ModelAction, RowScope } from '../directives/decisions.ts'
import { type ModelPolicy, type Policies, stored } from '../directives/policies.ts'
import { type Revealer, type StoredObject, withhold } from '../directives/reveal-documents.ts'
import type { Sealer } from '../directives/seal-drafts.ts'
import type { Searcher } from '../directives/search.ts'
import type { Selection, Selections } from '../directives/selection.ts'
import type { VerifyHashed } from '../directives/verify-hashed.ts'
import type { VerifyMatches } from '../directives/verify-matches.ts'
import { GatewayError } from '../errors.ts'
import type { Attempts } from '../storage/attempts.ts'
import type { Repository, Rows } from '../storage/repository.ts'
import type { KeyAdministration } from './key-api.ts'
import type { RequestContext } from './request-context.ts'

/** What the resolvers of all models share. */
export interface ResolverTools {
  readonly policies: Policies
  readonly repositories: ReadonlyMap<string, Repository>
  readonly attempts: Attempts
  readonly selections: Selections
  readonly sealer: Sealer
  readonly revealer: Revealer
  readonly searcher: Searcher
  readonly verifyMatches: VerifyMatches
  readonly verifyHashed: VerifyHashed
  readonly limits: ResolverLimits
  /** Absent: the API says and does nothing about keys. */
  readonly keyAdministration: KeyAdministration | undefined
}

export interface ResolverLimits {
  /** Documents of a page. */
  readonly pageSize: number
  /** Inputs of one create-many. */
  readonly batchSize: number
  /** Documents that one level of a relation may bring. */
  readonly relationSize: number
}

/** @throws FORBIDDEN when the viewer may do this to no row at all */
export function permittedRows(context: RequestContext, model: ModelPolicy, action: ModelAction): Rows {
  return rowsWithin(context, context.decisions.rows(model.name, action))
}

/** @throws FORBIDDEN when there are none */
export function rowsWithin({ decisions }: RequestContext, scope: RowScope): Rows {
  if (scope === 'all') return { tenant: decisions.tenant }
  return ownRows(decisions.tenant, scope === 'own' ? decisions.subject : undefined)
}

/** @throws FORBIDDEN when there is no subject whose rows they could be */
export function ownRows(tenant: string, subject: string | undefined): Rows {
  if (subject === undefined) throw new GatewayError('FORBIDDEN')
  return { tenant, subject }
}

export function repositoryOf(tools: ResolverTools, model: ModelPolicy): Repository {
  const repository = tools.repositories.get(model.name)
  if (repository === undefined)
    throw new GatewayError('INTERNAL_SERVER_ERROR', { message: `No repository for ${model.name}.` })
  return repository
}

/** Releases what the viewer selected of documents that the viewer may read. */
export async function revealAll(
  tools: ResolverTools,
  model: ModelPolicy,
  documents: readonly StoredObject[],
  selection: Selection,
  { decisions, audit }: RequestContext,
): Promise<void> {
  await tools.revealer.reveal({
    model,
    documents,
    selection,
    decisions,
    documentsOf: (coordinate, outcome) => audit.documents(coordinate, outcome),
  })
}

/** Releases the result of a write under the read rules: a viewer who may not read the row gets its id alone. */
export async function revealWritten(
  tools: ResolverTools,
  model: ModelPolicy,
  document: StoredObject,
  context: RequestContext,
  selection: Selection,
): Promise<StoredObject> {
  const scope = context.decisions.rows(model.name, 'read')
  if (scope === 'none' || (scope === 'own' && document[stored.subject] !== context.decisions.subject)) {
    return withhold(model, String(document[stored.id]))
  }
  await revealAll(tools, model, [document], selection, context)
  return document
}

export type Resolve = (
  source: StoredObject,
  args: Record<string, unknown>,
  context: RequestContext,
  info: GraphQLResolveInfo,
) => unknown
