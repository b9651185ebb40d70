import type { RuleExpression } from './policies.ts'

/** Reads one entry of a rule list: `name`, or `all(name, name, …)`, nesting allowed. */
export function parseRule(text: string): RuleExpression {
  const trimmed = text.trim()
  const combined = /^(all|any)\((.*)\)$/s.exec(trimmed)
  if (combined === null) {
    if (!/^[A-Za-z][A-Za-z0-9_.:*-]*$/.test(trimmed))
      throw new SyntaxError(`"${text}" is not the name of a rule.`)
    return { kind: 'rule', name: trimmed }
  }
  const rules = splitArguments(combined[2] ?? '').map(parseRule)
  if (rules.length === 0) throw new SyntaxError(`"${text}" combines no rules.`)
  return { kind: combined[1] === 'all' ? 'all' : 'any', rules }
}

/** A list of entries means that any of them is enough. */
export function parseRules(entries: readonly string[]): RuleExpression {
  return { kind: 'any', rules: entries.map(parseRule) }
}

export function ruleNames(expression: RuleExpression): readonly string[] {
  return expression.kind === 'rule' ? [expression.name] : expression.rules.flatMap(ruleNames)
}

export function printRule(expression: RuleExpression): string {
  if (expression.kind === 'rule') return expression.name
  const parts = expression.rules.map(printRule)
  return expression.kind === 'all' ? `all(${parts.join(', ')})` : parts.join(' or ')
}

function splitArguments(text: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '(') depth += 1
    else if (text[index] === ')') depth -= 1
    else if (text[index] === ',' && depth === 0) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  parts.push(text.slice(start))
  return parts.filter((part) => part.trim() !== '')
}
