import type { Viewer } from '../auth/viewer.ts'
import type { RuleExpression } from '../directives/policies.ts'
import { findRule } from './rules.ts'

/**
 * Whether an expression holds for a viewer and a row.
 * @param owns - whether the row's subject is the viewer's; `true` also asks "could it hold for a row of theirs"
 */
export function evaluate(expression: RuleExpression, viewer: Viewer, owns: boolean): boolean {
  if (expression.kind === 'any') return expression.rules.some((rule) => evaluate(rule, viewer, owns))
  if (expression.kind === 'all') {
    return expression.rules.length > 0 && expression.rules.every((rule) => evaluate(rule, viewer, owns))
  }
  const rule = findRule(expression.name)
  if (rule === undefined) return false
  return rule.kind === 'owner' ? owns && viewer.subject !== undefined : rule.holds(viewer)
}
