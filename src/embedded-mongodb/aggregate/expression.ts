import { evalExpr } from 'mingo/core'
import { CommandError } from '../command-error.ts'
import { isNumber, isPlainObject, toNumber } from '../bson/canonical-type.ts'
import type { BsonDocument } from '../bson/document.ts'
import { fieldOf, setField } from '../bson/document-path.ts'
import { simplifyNumbers } from './simplify-numbers.ts'
import { evaluation, isExpressionOperator } from './expression-operators.ts'

export type Expression = (document: BsonDocument) => unknown

/** What MongoDB takes as true in conditions. */
export function isTruthy(value: unknown): boolean {
  if (isNumber(value)) return toNumber(value) !== 0
  return value !== false && value !== null && value !== undefined
}

/** Reads a field path as expressions do: arrays on the way give an array of what their elements hold. */
function readField(value: unknown, path: readonly string[], at = 0): unknown {
  const name = path[at]
  if (name === undefined) return value
  if (Array.isArray(value)) {
    return value.flatMap((element) => {
      const inner =
        isPlainObject(element) || Array.isArray(element) ? readField(element, path, at) : undefined
      return inner === undefined ? [] : [inner]
    })
  }
  return readField(fieldOf(value, name), path, at + 1)
}

function compilePath(expression: string): Expression {
  const path = expression.slice(1).split('.')
  if (path.includes('')) throw new CommandError('BadValue', `'${expression}' is not a valid field path`)
  if (!expression.startsWith('$$')) return (document) => readField(document, path)
  const [variable = '', ...rest] = path
  switch (variable) {
    case '$ROOT':
    case '$CURRENT':
      return (document) => readField(document, rest)
    case '$REMOVE':
      return () => undefined
    case '$NOW':
      return () => new Date()
    default:
      throw new CommandError('BadValue', `Use of undefined variable: ${variable.slice(1)}`)
  }
}

/** Refuses operators by name before anything runs; collects the top-level fields an expression reads. */
function inspect(expression: unknown, reads: Set<string>): void {
  if (typeof expression === 'string' && expression.startsWith('$')) {
    const [first = '', second = ''] = expression.split('.')
    if (!first.startsWith('$$')) reads.add(first.slice(1))
    else if (first === '$$ROOT' || first === '$$CURRENT') reads.add(second)
  } else if (Array.isArray(expression)) {
    for (const element of expression) inspect(element, reads)
  } else if (isPlainObject(expression)) {
    const [operator = ''] = Object.keys(expression)
    if (operator === '$literal') return
    if (operator.startsWith('$') && !isExpressionOperator(operator)) {
      throw new CommandError(
        'InvalidPipelineOperator',
        `Unrecognized or unimplemented expression '${operator}'`,
      )
    }
    for (const operand of Object.values(expression)) inspect(operand, reads)
  }
}

function pick(document: BsonDocument, names: ReadonlySet<string>): BsonDocument {
  if (names.has('')) return document
  const picked: BsonDocument = {}
  for (const name of names) if (Object.hasOwn(document, name)) setField(picked, name, document[name])
  return picked
}

function compileOperator(expression: BsonDocument): Expression {
  const reads = new Set<string>()
  inspect(expression, reads)
  const simple = simplifyNumbers(expression)
  return (document) => {
    const input = simplifyNumbers(pick(document, reads))
    try {
      return evalExpr(input, simple, evaluation)
    } catch (error) {
      if (error instanceof CommandError) throw error
      throw new CommandError('BadValue', error instanceof Error ? error.message : 'the expression failed')
    }
  }
}

/**
 * Compiles an aggregation expression. Field paths, literals and objects of them keep every BSON type; operators are
 * evaluated by mingo over JavaScript numbers, and refuse Decimal128 and integers beyond 2^53.
 */
export function compileExpression(expression: unknown): Expression {
  if (typeof expression === 'string' && expression.startsWith('$')) return compilePath(expression)
  if (Array.isArray(expression)) {
    const elements = expression.map((element) => compileExpression(element))
    return (document) => elements.map((element) => element(document) ?? null)
  }
  if (!isPlainObject(expression)) return () => expression
  const names = Object.keys(expression)
  if (names[0] === '$literal') return () => expression.$literal
  if (names[0]?.startsWith('$') === true) return compileOperator(expression)
  const fields = Object.entries(expression).map(([name, value]) => [name, compileExpression(value)] as const)
  return (document) => {
    const result: BsonDocument = {}
    for (const [name, evaluate] of fields) {
      const value = evaluate(document)
      if (value !== undefined) setField(result, name, value)
    }
    return result
  }
}
