import type { RowScope } from '../../directives/decisions.ts'
import { type FieldPolicy, isProtected } from '../../directives/policies.ts'
import { isFilterable, isSortable, isWritable } from '../../resolvers/api-names.ts'
import { type Answer, holdingRule, printAll, type Question } from './explain-read.ts'

const scopes: Readonly<Record<RowScope, string>> = { all: 'all rows', own: 'own rows', none: 'no' }

/** Whether the field may be filtered by, and in which rows. */
export function explainFilter(question: Question): Answer {
  const { field } = question.place
  const { protection } = field
  const because =
    protection.kind === 'encrypted' && !protection.searchable
      ? '@encrypted without `searchable: true` cannot be searched'
      : 'fields of this kind have no filter'
  return explainSearch(question, isFilterable(field) ? undefined : because, operatorsOf(field))
}

/** Whether pages may be sorted by the field, and of which rows. */
export function explainSort(question: Question): Answer {
  const { field } = question.place
  const because =
    field.protection.kind === 'encrypted' ? 'ciphertext has no order' : 'fields of this kind have no order'
  return explainSearch(question, isSortable(field) ? undefined : because, '')
}

function explainSearch(
  { place, decisions, sources }: Question,
  not: string | undefined,
  how: string,
): Answer {
  const { model, parents, field } = place
  const at = sources.ofCoordinate(field.coordinate)
  if (parents.length > 0) return { answer: 'no', because: "only a model's own fields can be searched", at }
  if (!model.operations.has('LIST')) return { answer: 'no', because: `${model.name} has no list`, at }
  if (not !== undefined) return { answer: 'no', because: not, at }
  const readable = decisions.rows(model.name, 'read')
  const clear = isProtected(field) ? decisions.input(field.coordinate) : 'all'
  const answer = scopes[readable === 'none' || clear === 'none' ? 'none' : readable === 'all' ? clear : 'own']
  return { answer, because: `where it is seen clear${how}`, at }
}

function operatorsOf({ protection, type }: FieldPolicy): string {
  if (protection.kind === 'encrypted') return ', by eq and in'
  if (type.kind === 'enum') return ', by eq, ne and in'
  return type.name === 'Boolean' ? ', by eq and ne' : ', by eq, ne, in, gt, gte, lt and lte'
}

/** Whether the field may be written when a document is created or updated, and of which rows. */
export function explainWrite(question: Question, action: 'create' | 'update'): Answer {
  const { place, viewer, decisions, sources } = question
  const { model, parents, field } = place
  const fields = [...parents, field]
  const at = sources.ofCoordinate(field.coordinate)
  const operations = action === 'create' ? (['CREATE', 'CREATE_MANY'] as const) : (['UPDATE'] as const)
  if (!operations.some((name) => model.operations.has(name)))
    return { answer: 'no', because: `${model.name} has no ${action}`, at }
  if (!isWritable(field)) return { answer: 'no', because: 'ids and relations are not written', at }
  if (action === 'update' && parents.length === 0 && field.name === model.subject)
    return { answer: 'no', because: 'whose data a document is does not change', at }
  const rules = [
    { owner: model.name, rule: model.access[action] ?? { kind: 'any' as const, rules: [] } },
    ...fields.flatMap(({ coordinate, access }) =>
      access[action] === undefined ? [] : [{ owner: coordinate, rule: access[action] }],
    ),
  ]
  const rows = decisions.rows(model.name, action)
  const may = (owns: boolean): boolean =>
    (rows === 'all' || (rows === 'own' && owns)) &&
    fields.every(({ coordinate }) => decisions.write(coordinate, action, owns))
  const scope: RowScope = may(false) ? 'all' : viewer.subject !== undefined && may(true) ? 'own' : 'none'
  const deciding = rules.find(({ rule }) => holdingRule(rule, viewer, scope !== 'all') === undefined)
  const { owner, rule } = deciding ?? rules[rules.length - 1] ?? { owner: model.name, rule: undefined }
  const holding = rule === undefined ? undefined : holdingRule(rule, viewer, scope !== 'all')
  return {
    answer: scopes[scope],
    because:
      holding === undefined
        ? `${action} of ${owner} is for ${printAll(rule)}`
        : `${holding} may ${action} ${owner}`,
    at: sources.ofDirective(owner, 'access'),
  }
}
