import type { BsonDocument } from '../bson/document.ts'
import { refuse } from '../command-error.ts'

export type Expression = (document: BsonDocument) => unknown

export function compileExpression(_expression: unknown): Expression {
  throw refuse('aggregation expressions')
}

export function isTruthy(value: unknown): boolean {
  return value !== false && value !== null && value !== undefined && value !== 0
}
