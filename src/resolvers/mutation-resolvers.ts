import type { GraphQLResolveInfo } from 'graphql'

import type { AuditOutcome } from '../audit/event.ts'
import type { Draft } from '../directives/draft.ts'
import { draftCreate, draftUpdate } from '../directives/draft-document.ts'
import { type ModelPolicy, stored } from '../directives/policies.ts'
import type { StoredObject } from '../directives/reveal-documents.ts'
import { GatewayError } from '../errors.ts'
import { assertAffordable } from './assert-affordable.ts'
import {
  permittedRows,
  repositoryOf,
  type Resolve,
  type ResolverTools,
  revealWritten,
} from './model-context.ts'
import type { RequestContext } from './request-context.ts'
import { UniqueConflicts } from './unique-conflicts.ts'

type Input = Readonly<Record<string, unknown>>

/** Writers of one document may meet; each re-reads and tries again this often. */
const updateAttempts = 5

/** What storage gave no outcome for. */
const lost = new GatewayError('INTERNAL_SERVER_ERROR')

export function createCreateResolver(model: ModelPolicy, tools: ResolverTools): Resolve {
  const repository = repositoryOf(tools, model)
  return async (_source, { input }, context, info) => {
    permittedRows(context, model, 'create')
    const { policies } = tools
    const draft = draftCreate({
      policies,
      model,
      decisions: context.decisions,
      input: input as Input,
      at: 'input',
    })
    await sealOne(tools, draft)
    const conflicts = new UniqueConflicts(model, context, tools.attempts)
    const result = (await conflicts.insert(repository, [draft])).get(draft)
    if (result === undefined || result instanceof GatewayError) throw result ?? lost
    recordWrite(context, model, result, 'created')
    return revealWritten(tools, model, result, context, tools.selections.of(info, model))
  }
}

interface CreateOutcome {
  readonly document: StoredObject | null
  readonly error: {
    code: string
    message: string
    inputPath: string | undefined
    coordinate: string | undefined
  } | null
}

export function createCreateManyResolver(model: ModelPolicy, tools: ResolverTools): Resolve {
  const repository = repositoryOf(tools, model)
  return async (_source, args, context, info) => {
    const inputs = args.inputs as readonly Input[]
    if (inputs.length > tools.limits.batchSize) {
      const message = `At most ${tools.limits.batchSize} documents are created at once.`
      throw new GatewayError('LIMIT_EXCEEDED', { message, inputPath: 'inputs' })
    }
    permittedRows(context, model, 'create')
    const drafts = inputs.map((input, position) => draftOrError(model, tools, context, input, position))
    const valid = drafts.filter((draft): draft is Draft => !(draft instanceof GatewayError))
    assertAffordable(valid, tools.limits)
    const refusals = await tools.sealer.seal(valid)
    const sealed = valid.filter((_draft, index) => refusals[index] === undefined)
    const inserted = await new UniqueConflicts(model, context, tools.attempts).insert(repository, sealed)
    const results = new Map<Draft, StoredObject | GatewayError | undefined>([
      ...valid.map((draft, index) => [draft, refusals[index]] as const),
      ...inserted,
    ])
    const selection = tools.selections.of(info, model, ['document'])
    return Promise.all(
      drafts.map(async (draft): Promise<CreateOutcome> => {
        const result = draft instanceof GatewayError ? draft : results.get(draft)
        if (result === undefined || result instanceof GatewayError) {
          const { code, message, inputPath, coordinate } = result ?? lost
          return { document: null, error: { code, message, inputPath, coordinate } }
        }
        recordWrite(context, model, result, 'created')
        return { document: await revealWritten(tools, model, result, context, selection), error: null }
      }),
    )
  }
}

async function sealOne({ sealer, limits }: ResolverTools, draft: Draft): Promise<void> {
  assertAffordable([draft], limits)
  const [refusal] = await sealer.seal([draft])
  if (refusal !== undefined) throw refusal
}

function draftOrError(
  model: ModelPolicy,
  { policies }: ResolverTools,
  { decisions }: RequestContext,
  input: Input,
  position: number,
): Draft | GatewayError {
  try {
    return draftCreate({ policies, model, decisions, input, at: `inputs[${position}]` })
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

export function createUpdateResolver(model: ModelPolicy, tools: ResolverTools): Resolve {
  return async (_source, args, context, info) => {
    const document = await update(model, tools, context, args)
    recordWrite(context, model, document, 'updated')
    return revealWritten(tools, model, document, context, tools.selections.of(info, model))
  }
}

async function update(
  model: ModelPolicy,
  tools: ResolverTools,
  context: RequestContext,
  args: Record<string, unknown>,
): Promise<StoredObject> {
  const repository = repositoryOf(tools, model)
  const rows = permittedRows(context, model, 'update')
  const conflicts = new UniqueConflicts(model, context, tools.attempts)
  const { id, input, revision } = args as { id: string; input: Input; revision?: number | null }
  for (let attempt = 0; attempt < updateAttempts; attempt += 1) {
    const current = await repository.findById(rows, id)
    if (current === null) throw new GatewayError('NOT_FOUND')
    if (revision != null && current[stored.revision] !== revision) break
    const { policies } = tools
    const draft = draftUpdate({ policies, model, decisions: context.decisions, input, at: 'input' }, current)
    await sealOne(tools, draft)
    const updated = await conflicts.guard(draft, () =>
      repository.update(rows, draft, current[stored.revision] as number),
    )
    if (updated !== undefined) return updated
  }
  throw new GatewayError('CONFLICT', { message: 'The document was changed by somebody else.' })
}

export function createDeleteResolver(model: ModelPolicy, tools: ResolverTools): Resolve {
  const repository = repositoryOf(tools, model)
  return async (_source, { id }, context, _info: GraphQLResolveInfo) => {
    const deleted = await repository.delete(permittedRows(context, model, 'delete'), id as string)
    if (deleted === null) throw new GatewayError('NOT_FOUND')
    recordWrite(context, model, deleted, 'deleted')
    return id
  }
}

function recordWrite(
  { audit }: RequestContext,
  model: ModelPolicy,
  document: StoredObject,
  outcome: AuditOutcome,
): void {
  const id = String(document[stored.id])
  audit.record({ coordinate: model.name, id, subject: String(document[stored.subject]), outcome })
}
