import type { RowScope } from '../directives/decisions.ts'
import type { AuditOutcome } from '../audit/event.ts'
import type { ProtectedPath } from '../directives/protected-paths.ts'
import { type FieldPolicy, type ModelPolicy, stored } from '../directives/policies.ts'
import type { StoredObject } from '../directives/reveal-documents.ts'
import { GatewayError } from '../errors.ts'
import { repositoryOf, type Resolve, type ResolverTools, rowsWithin } from './model-context.ts'

/** One place where a hashed field is stored. */
export interface HashedPlace {
  readonly model: ModelPolicy
  readonly path: ProtectedPath
  /** The stored path of the list whose elements carry the ids that are asked for; absent: the document's own id. */
  readonly list: string | undefined
  /** The coordinates of the fields that embed it, outermost first. */
  readonly parents: readonly string[]
}

/**
 * `verify<Type><Field>(id, value)`, for those who see the place and may try: counted before it is tried, so that nothing can
 * be guessed by trying at once.
 */
export function createVerifyResolver(
  field: FieldPolicy,
  places: readonly HashedPlace[],
  tools: ResolverTools,
): Resolve {
  const tries = field.protection.kind === 'hashed' ? field.protection.tries : 0
  return async (_source, args, context) => {
    const { id, value } = args as { id: string; value: string }
    const permitted = places.flatMap(({ parents, ...place }) => {
      const { decisions } = context
      const scope = narrowest([
        decisions.rows(place.model.name, 'read'),
        ...parents.map((parent) => decisions.input(parent)),
        decisions.verify(field.coordinate),
      ])
      return scope === 'none' ? [] : [{ ...place, rows: rowsWithin(context, scope) }]
    })
    if (permitted.length === 0) throw new GatewayError('FORBIDDEN', { coordinate: field.coordinate })
    for (const { model, path, list, rows } of permitted) {
      const repository = repositoryOf(tools, model)
      const document = await (list === undefined
        ? repository.findById(rows, id)
        : repository.findByElement(rows, `${list}.${stored.id}`, id))
      if (document === null) continue
      const held = findStored(document, path.path.split('.'), list === undefined ? undefined : id)
      if (held === undefined) return false
      const owner = {
        tenant: context.decisions.tenant,
        subject: String(document[stored.subject]),
        id: String(document[stored.id]),
      }
      const record = (outcome: AuditOutcome): void => {
        const { id: documentId, subject } = owner
        context.audit.record({ coordinate: field.coordinate, outcome, id: documentId, subject })
      }
      const name = `${model.collection}/${path.path}/${String(document[stored.id])}/${id}`
      if (!(await tools.attempts.take(name, tries))) {
        record('denied')
        throw new GatewayError('LIMIT_EXCEEDED', {
          message: 'Too many attempts; try again later.',
          coordinate: field.coordinate,
        })
      }
      const matches = await tools.verifyHashed({ path, owner, ...held }, value)
      record(matches ? 'verified' : 'refuted')
      if (matches) await tools.attempts.forget(name)
      return matches
    }
    throw new GatewayError('NOT_FOUND')
  }
}

function narrowest(scopes: readonly RowScope[]): RowScope {
  if (scopes.includes('none')) return 'none'
  return scopes.includes('own') ? 'own' : 'all'
}

/** Finds the stored value below a document, and the ids of the list elements around it. */
function findStored(
  object: StoredObject,
  path: readonly string[],
  elementId: string | undefined,
  elements: readonly string[] = [],
): { stored: unknown; elements: readonly string[] } | undefined {
  const [key, ...rest] = path
  if (key === undefined) return undefined
  const value = object[key]
  if (value === null || value === undefined) return undefined
  if (rest.length === 0)
    return elementId === undefined || elements.at(-1) === elementId ? { stored: value, elements } : undefined
  for (const inner of Array.isArray(value) ? (value as StoredObject[]) : [value as StoredObject]) {
    const around = Array.isArray(value) ? [...elements, String(inner[stored.id])] : elements
    const found = findStored(inner, rest, elementId, around)
    if (found !== undefined) return found
  }
  return undefined
}
