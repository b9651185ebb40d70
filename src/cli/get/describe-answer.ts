import type { Decisions } from '../../directives/decisions.ts'
import type { FieldPolicy, ModelPolicy, Policies, TypePolicy } from '../../directives/policies.ts'
import type { ReportedStandIn } from '../../resolvers/request-context.ts'
import { readableFields } from './select-fields.ts'

export interface AnswerError {
  readonly path?: readonly (string | number)[]
  readonly extensions?: { readonly code?: unknown }
}

/** What a viewer was told of one field: a value, or the error code that stands for it. */
export interface SeenField {
  readonly path: string
  readonly state: 'clear' | 'masked' | 'hidden' | 'failed'
  /** The style of a masked value. */
  readonly style?: string
  readonly value?: unknown
  readonly code?: string
}

export interface Answer {
  readonly data: Readonly<Record<string, unknown>>
  readonly errors: readonly AnswerError[]
  /** What stands in the place of values whose keys are not available. */
  readonly standIns: readonly Pick<ReportedStandIn, 'path' | 'shown'>[]
  readonly decisions: Decisions
  readonly policies: Policies
}

/** Goes through an answer to {@link selectFields}, beside the policies. */
export function describeAnswer(model: ModelPolicy, root: string, answer: Answer): readonly SeenField[] {
  const document = (answer.data[root] ?? undefined) as Readonly<Record<string, unknown>> | undefined
  if (document === undefined) return errorsBelow(answer.errors, [root])
  const subject = document[model.subject ?? 'id']
  const owns = answer.decisions.subject !== undefined && subject === answer.decisions.subject
  const describe = (
    type: TypePolicy,
    object: Readonly<Record<string, unknown>>,
    at: readonly (string | number)[],
  ): readonly SeenField[] =>
    readableFields(type).flatMap((field): readonly SeenField[] => {
      const path = [...at, field.name]
      const failures = errorsBelow(answer.errors, path)
      const value = object[field.name]
      if (value === null && failures.length > 0) return failures
      const embedded =
        field.type.kind === 'embedded' ? answer.policies.embedded.get(field.type.name) : undefined
      if (embedded === undefined || value === null || value === undefined) {
        return [describeValue(field, value ?? null, path, answer, owns)]
      }
      if (!Array.isArray(value)) return describe(embedded, value as typeof object, path)
      return value.flatMap((item: typeof object | null, position) =>
        item === null
          ? errorsBelow(answer.errors, [...path, position])
          : describe(embedded, item, [...path, position]),
      )
    })
  return describe(model, document, [root])
}

function describeValue(
  field: FieldPolicy,
  value: unknown,
  path: readonly (string | number)[],
  { decisions, standIns }: Answer,
  owns: boolean,
): SeenField {
  const outcome = decisions.field(field.coordinate)[owns ? 'own' : 'other']
  const standIn = standIns.find((one) => one.path.join('.') === path.join('.'))
  if (standIn?.shown === 'NULL') return { path: printPath(path), state: 'failed', code: 'KEY_UNAVAILABLE' }
  const position = outcome.state === 'masked' ? outcome.mask : undefined
  const standing = standIn !== undefined && outcome.state === 'clear' ? outcome.standIn : undefined
  const mask = field.masks[position ?? standing ?? -1]
  const shown = { path: printPath(path), value }
  // Nothing is masked where there is nothing.
  return mask === undefined || value === null
    ? { ...shown, state: 'clear' }
    : { ...shown, state: 'masked', style: mask.style }
}

/** A required value that is hidden takes its parent with it: then the errors tell what there was. */
function errorsBelow(
  errors: readonly AnswerError[],
  path: readonly (string | number)[],
): readonly SeenField[] {
  return errors
    .filter((error) => path.every((part, position) => error.path?.[position] === part))
    .map((error) => {
      const code = String(error.extensions?.code)
      return { path: printPath(error.path ?? path), state: code === 'FORBIDDEN' ? 'hidden' : 'failed', code }
    })
}

/** Without the operation's own name. */
function printPath([, ...path]: readonly (string | number)[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1)
}
