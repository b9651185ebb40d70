import type { Viewer } from '../../auth/viewer.ts'
import type { Decisions } from '../../directives/decisions.ts'
import type { FieldPolicy, RuleExpression } from '../../directives/policies.ts'
import { printRule } from '../../directives/rule-expression.ts'
import { masks } from '../../masking/index.ts'
import { evaluate } from '../../permissions/evaluate.ts'
import type { Place } from './find-places.ts'
import type { SourcePlaces } from './source-places.ts'

export interface Answer {
  readonly answer: string
  readonly because: string
  /** File and line of the words that decided. */
  readonly at: string | undefined
}

export interface Question {
  readonly place: Place
  readonly viewer: Viewer
  readonly decisions: Decisions
  readonly sources: SourcePlaces
}

/**
 * How a viewer sees a field, and why. The state is the gateway's own decision; the reason names the rule behind it.
 * @param owns - in rows of their own, or in those of others
 */
export function explainRead({ place, viewer, decisions, sources }: Question, owns: boolean): Answer {
  const { model, parents, field: asked } = place
  const rows = decisions.rows(model.name, 'read')
  if (rows === 'none' || (rows === 'own' && !owns)) {
    const at = sources.ofDirective(model.name, 'access')
    return { answer: 'hidden', because: `read of ${model.name} is for ${printAll(model.access.read)}`, at }
  }
  for (const field of [...parents, asked]) {
    const { state } = decisions.field(field.coordinate)[owns ? 'own' : 'other']
    if (state === 'hidden') return explainHidden(field, viewer, owns, sources)
  }
  return explainSeen({ place, viewer, decisions, sources }, owns)
}

function explainHidden(field: FieldPolicy, viewer: Viewer, owns: boolean, sources: SourcePlaces): Answer {
  const { coordinate, protection, access, reveal } = field
  if (protection.kind === 'hashed' || protection.kind === 'discarded') {
    const because =
      protection.kind === 'hashed'
        ? '@hashed is never read; its verify mutation compares'
        : '@discarded is never stored'
    return { answer: 'hidden', because, at: sources.ofDirective(coordinate, protection.kind) }
  }
  if (access.read !== undefined && !evaluate(access.read, viewer, owns)) {
    const because = `read of ${coordinate} is for ${printAll(access.read)}`
    return { answer: 'hidden', because, at: sources.ofDirective(coordinate, 'access') }
  }
  const because = `no mask is for this viewer, and clear is for ${printAll(reveal)}`
  return { answer: 'hidden', because, at: sources.ofDirective(coordinate, 'masked') }
}

function explainSeen({ place, viewer, decisions, sources }: Question, owns: boolean): Answer {
  const { model, parents, field } = place
  const { coordinate, reveal } = field
  const outcome = decisions.field(coordinate)[owns ? 'own' : 'other']
  const mask = outcome.state === 'masked' ? field.masks[outcome.mask] : undefined
  if (outcome.state === 'masked' && mask !== undefined) {
    const [example] = masks[mask.style].examples
    const holding = mask.for === undefined ? undefined : holdingRule(mask.for, viewer, owns)
    const mine = holding === undefined ? '' : `the mask is for ${holding}, `
    return {
      answer: `masked ${mask.style}`,
      because: `${mine}clear is for ${printAll(reveal)} (such as ${String(example.masked)})`,
      at: sources.ofDirective(coordinate, 'masked', outcome.mask),
    }
  }
  if (field.masks.length > 0 && reveal !== undefined) {
    const because = `${holdingRule(reveal, viewer, owns) ?? ''} may see it clear`
    return { answer: 'clear', because, at: sources.ofReveal(coordinate) }
  }
  const guarded = [...parents, field].findLast(({ access }) => access.read !== undefined)
  const rule = guarded?.access.read ?? model.access.read
  const owner = guarded?.coordinate ?? model.name
  const holding = rule === undefined ? '' : (holdingRule(rule, viewer, owns) ?? '')
  return {
    answer: 'clear',
    because: `${holding} may read ${owner}`,
    at: sources.ofDirective(owner, 'access'),
  }
}

/** The part of an expression that makes it hold; undefined when none does. */
export function holdingRule(expression: RuleExpression, viewer: Viewer, owns: boolean): string | undefined {
  if (!evaluate(expression, viewer, owns)) return undefined
  if (expression.kind !== 'any') return printRule(expression)
  for (const rule of expression.rules) {
    const found = holdingRule(rule, viewer, owns)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whom an expression lets through, in words. */
export function printAll(expression: RuleExpression | undefined): string {
  const text = expression === undefined ? '' : printRule(expression)
  return text === '' ? 'nobody' : text
}
