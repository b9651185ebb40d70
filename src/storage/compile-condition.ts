import mongoose from 'mongoose'

import { ciphertextSubtype } from '../crypto/ciphertext.ts'
import type { Comparison, Condition } from '../directives/search.ts'

type Filter = Record<string, unknown>

/** A condition as a MongoDB filter. Values stand behind operators only, so that none can be an operator itself. */
export function compileCondition(condition: Condition): Filter {
  if (condition.kind === 'compare') return compare(condition.path, condition.comparison, condition.value)
  if (condition.kind === 'terms') {
    const terms = condition.terms.map((term) => new mongoose.mongo.Binary(term, ciphertextSubtype))
    return { [`${condition.path}.${condition.slot}`]: { $in: terms } }
  }
  if (condition.kind === 'not') return { $nor: [compileCondition(condition.condition)] }
  if (condition.conditions.length === 0) return condition.kind === 'or' ? { $nor: [{}] } : {}
  if (condition.conditions.length === 1 && condition.conditions[0] !== undefined) {
    return compileCondition(condition.conditions[0])
  }
  return { [`$${condition.kind}`]: condition.conditions.map(compileCondition) }
}

function compare(path: string, comparison: Comparison, value: unknown): Filter {
  return { [path]: { [`$${comparison}`]: value } }
}
