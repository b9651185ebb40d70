import { type FieldDefinitionNode, Kind, type ObjectTypeDefinitionNode } from 'graphql'

import {
  type FieldPolicy,
  isErased,
  isProtected,
  type ModelPolicy,
  type Policies,
  type RetentionPolicy,
} from './policies.ts'
import type { FieldReader } from './read-field.ts'
import type { TypeIndex } from './read-field-type.ts'

const mostDays = 36_500

/** What `@retain` says of a type; a time that cannot be one is reported. */
export function readRetention(
  node: ObjectTypeDefinitionNode,
  { args, problems }: FieldReader,
): RetentionPolicy | undefined {
  const retain = args.one(node, 'retain')
  if (retain === undefined) return undefined
  if (retain.days < 1 || retain.days > mostDays) {
    problems.add(node, `\`days\` of @retain must lie between 1 and ${mostDays}.`, 'state a number of days.')
  }
  const { days, by } = retain
  if (by == null) return { days, by: undefined }
  const field = node.fields?.find(({ name }) => name.value === by)
  const stored = (field && args.one(field, 'stored')?.as) ?? by
  const type = field !== undefined && typeName(field) === 'Date' ? 'Date' : 'DateTime'
  return { days, by: { name: by, stored, type } }
}

function typeName({ type }: FieldDefinitionNode): string | undefined {
  const named = type.kind === Kind.NON_NULL_TYPE ? type.type : type
  return named.kind === Kind.NAMED_TYPE ? named.name.value : undefined
}

/** Reports `@personal` on a field that an erasure must leave, or takes anyway. */
export function checkPersonal(
  field: FieldPolicy,
  node: FieldDefinitionNode,
  { args, problems }: FieldReader,
): void {
  if (!field.personal) return
  const report = (message: string, fix: string): void => {
    problems.add(node, `${field.coordinate}: ${message}`, fix)
  }
  if (field.name === 'id' || args.has(node, 'subject')) {
    report('it says whose data was erased, and stays.', 'remove @personal.')
  } else if (field.type.kind === 'relation') {
    report('a relation is not stored.', 'put @personal on the field that holds its key.')
  } else if (isProtected(field)) report('what is protected is erased anyway.', 'remove @personal.')
}

/** Reports models whose data the erasure of a subject would miss, or could not redact. */
export function checkErasure(
  model: ModelPolicy,
  policies: Policies,
  types: TypeIndex,
  { args, problems }: FieldReader,
): void {
  const node = types.models.get(model.name)
  if (node === undefined) return
  const nodeOf = (name: string | undefined) => node.fields?.find((field) => field.name.value === name)
  if (!node.fields?.some((field) => args.has(field, 'subject')) && holds(model, policies, isProtected)) {
    const owner = ownersOf(model, policies).find(({ target }) => isSubject(target, policies))
    if (owner !== undefined) {
      problems.add(
        nodeOf(owner.key) ?? node,
        `${model.name}: its documents belong to a ${owner.target.name}, and erasing that would not reach them.`,
        `put @subject on the field ${owner.key}; or on \`id\`, where they are about nobody else.`,
      )
    }
  }
  if (model.erase === 'REDACT') {
    for (const field of model.fields) {
      if (!field.personal || field.index?.unique !== true) continue
      problems.add(
        nodeOf(field.name) ?? node,
        `${field.coordinate}: two documents without it would have the same value.`,
        'remove `unique`, or let @model(erase: DELETE) delete the documents.',
      )
    }
  }
  const retain = args.one(node, 'retain')
  if (retain === undefined) return
  if (model.erase === 'REDACT' && !holds(model, policies, isErased)) {
    problems.add(
      node,
      `${model.name}: @retain would redact nothing, as no field is protected or @personal.`,
      'let @model(erase: DELETE) delete the documents, or mark fields @personal.',
    )
  }
  if (retain.by == null) return
  const by = model.fields.find(({ name }) => name === retain.by)
  const isTime = by?.type.kind === 'scalar' && !by.type.list && ['Date', 'DateTime'].includes(by.type.name)
  if (!isTime || isProtected(by)) {
    problems.add(
      nodeOf(retain.by) ?? node,
      `${model.name}: @retain needs a plain Date or DateTime, single and without protection; ${retain.by} is none.`,
      'correct `by`, or remove it: age then counts from when a document was created.',
    )
  }
}

/** The models that a model's documents belong to, and the field that holds the key. */
function ownersOf(
  model: ModelPolicy,
  { models }: Policies,
): readonly { readonly target: ModelPolicy; readonly key: string }[] {
  const own = model.fields.flatMap(({ type }) => {
    const target = type.kind === 'relation' && !type.list ? models.get(type.name) : undefined
    return target === undefined || type.kind !== 'relation' ? [] : [{ target, key: type.key }]
  })
  const others = [...models.values()].flatMap((target) =>
    target.fields.flatMap(({ type }) =>
      type.kind === 'relation' && type.list && type.name === model.name ? [{ target, key: type.key }] : [],
    ),
  )
  return [...own, ...others].filter(({ target }) => target !== model)
}

/** A model whose documents are their own subjects, and hold something to protect or have others that are about them. */
function isSubject(model: ModelPolicy, policies: Policies): boolean {
  if (model.subject !== undefined) return false
  if (holds(model, policies, isProtected)) return true
  return [...policies.models.values()].some((other) =>
    ownersOf(other, policies).some(({ target, key }) => target === model && key === other.subject),
  )
}

function holds(model: ModelPolicy, policies: Policies, wanted: (field: FieldPolicy) => boolean): boolean {
  const seen = new Set<string>()
  const anyOf = (fields: readonly FieldPolicy[]): boolean =>
    fields.some((field) => {
      if (wanted(field)) return true
      if (field.type.kind !== 'embedded' || seen.has(field.type.name)) return false
      seen.add(field.type.name)
      return anyOf(policies.embedded.get(field.type.name)?.fields ?? [])
    })
  return anyOf(model.fields)
}
