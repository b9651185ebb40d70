import { CommandError, refuse } from '../command-error.ts'
import { bsonClass, isPlainObject } from '../bson/canonical-type.ts'
import { visitPath } from '../bson/document-path.ts'
import type { BsonDocument } from '../bson/document.ts'
import { compileExpression, isTruthy } from '../aggregate/expression.ts'
import { compileRegex } from './regex.ts'
import { valueOperators } from './value-operators.ts'
import type { ValueTest } from './value-test.ts'

export type Predicate = (document: unknown) => boolean

/** Whether a condition is an object of operators, such as `{ $gt: 1 }`, rather than a value to equal. */
export function isOperatorObject(value: unknown): value is BsonDocument {
  if (!isPlainObject(value)) return false
  const [first] = Object.keys(value)
  return (
    first !== undefined && first.startsWith('$') && first !== '$ref' && first !== '$id' && first !== '$db'
  )
}

/** Tests a value and, where it is an array, also each of its elements. */
function anyAt(path: readonly string[], test: ValueTest): Predicate {
  const visit = (value: unknown): boolean =>
    test(value) || (Array.isArray(value) && value.some((element) => test(element)))
  return (document) => visitPath(document, path, visit)
}

function wholeAt(path: readonly string[], test: ValueTest): Predicate {
  return (document) => visitPath(document, path, test)
}

function not(predicate: Predicate): Predicate {
  return (document) => !predicate(document)
}

function all(predicates: readonly Predicate[]): Predicate {
  const [only] = predicates
  if (only !== undefined && predicates.length === 1) return only
  return (document) => predicates.every((predicate) => predicate(document))
}

function listOf(operator: string, operand: unknown): unknown[] {
  if (!Array.isArray(operand)) throw new CommandError('BadValue', `${operator} needs an array`)
  return operand
}

function clausesOf(operator: string, operand: unknown): Predicate[] {
  const clauses = listOf(operator, operand)
  if (clauses.length === 0) throw new CommandError('BadValue', `${operator} must be a nonempty array`)
  return clauses.map((clause) => {
    if (!isPlainObject(clause))
      throw new CommandError('BadValue', `${operator} entries need to be full objects`)
    return compileFilter(clause)
  })
}

const logical = new Set(['$and', '$or', '$nor', '$expr', '$comment', '$where', '$jsonSchema', '$text'])

function compileElemMatch(path: readonly string[], operand: unknown): Predicate {
  if (!isPlainObject(operand)) throw new CommandError('BadValue', '$elemMatch needs an Object')
  const [first] = Object.keys(operand)
  const onValues = isOperatorObject(operand) && first !== undefined && !logical.has(first)
  const predicate = onValues ? compileOperators([], operand) : compileFilter(operand)
  return wholeAt(
    path,
    (value) =>
      Array.isArray(value) &&
      value.some(
        (element) => (onValues || typeof element === 'object') && element !== null && predicate(element),
      ),
  )
}

function compileAll(path: readonly string[], operand: unknown): Predicate {
  const wanted = listOf('$all', operand)
  if (wanted.length === 0) return () => false
  return all(
    wanted.map((element) =>
      isOperatorObject(element) && Object.hasOwn(element, '$elemMatch')
        ? compileElemMatch(path, element.$elemMatch)
        : compileCondition(path, element),
    ),
  )
}

function compileOperator(
  path: readonly string[],
  operator: string,
  operand: unknown,
  siblings: BsonDocument,
): Predicate {
  switch (operator) {
    case '$ne':
      return not(compileOperator(path, '$eq', operand, siblings))
    case '$nin':
      return not(compileOperator(path, '$in', operand, siblings))
    case '$not':
      if (bsonClass(operand) === 'BSONRegExp') return not(compileCondition(path, operand))
      if (!isOperatorObject(operand)) throw new CommandError('BadValue', '$not needs a regex or a document')
      return not(compileOperators(path, operand))
    case '$exists': {
      const exists = wholeAt(path, (value) => value !== undefined)
      return isTruthy(operand) ? exists : not(exists)
    }
    case '$elemMatch':
      return compileElemMatch(path, operand)
    case '$all':
      return compileAll(path, operand)
    case '$regex':
      return anyAt(path, compileRegex(operand, siblings.$options))
    case '$options':
      if (!Object.hasOwn(siblings, '$regex')) throw new CommandError('BadValue', '$options needs a $regex')
      return () => true
    default:
  }
  const compile = valueOperators[operator]
  if (compile === undefined) {
    if (/^\$(geo|near|within|rand|jsonSchema|sampleRate)/.test(operator)) throw refuse(operator)
    throw new CommandError('BadValue', `unknown operator: ${operator}`)
  }
  const { test, whole } = compile(operand)
  return whole ? wholeAt(path, test) : anyAt(path, test)
}

function compileOperators(path: readonly string[], operators: BsonDocument): Predicate {
  return all(
    Object.entries(operators).map(([operator, operand]) =>
      compileOperator(path, operator, operand, operators),
    ),
  )
}

function compileCondition(path: readonly string[], condition: unknown): Predicate {
  if (bsonClass(condition) === 'BSONRegExp') return anyAt(path, compileRegex(condition, undefined))
  if (isOperatorObject(condition)) return compileOperators(path, condition)
  return compileOperator(path, '$eq', condition, {})
}

function compileClause(name: string, condition: unknown): Predicate {
  switch (name) {
    case '$and':
      return all(clausesOf(name, condition))
    case '$or': {
      const clauses = clausesOf(name, condition)
      return (document) => clauses.some((clause) => clause(document))
    }
    case '$nor': {
      const clauses = clausesOf(name, condition)
      return (document) => !clauses.some((clause) => clause(document))
    }
    case '$comment':
      return () => true
    case '$expr': {
      const evaluate = compileExpression(condition)
      return (document) => isTruthy(evaluate(document as BsonDocument))
    }
    default:
  }
  if (name === '$where' || name === '$text' || name === '$jsonSchema') throw refuse(name)
  if (name.startsWith('$')) throw new CommandError('BadValue', `unknown top level operator: ${name}`)
  return compileCondition(name.split('.'), condition)
}

/**
 * Compiles a query filter to a predicate with MongoDB's semantics: types compare by class, arrays match by element, null
 * matches missing. Throws BadValue for a malformed filter and CommandNotSupported for `$where`, `$text` and their like.
 */
export function compileFilter(filter: BsonDocument): Predicate {
  const clauses = Object.entries(filter)
  if (clauses.length === 0) return () => true
  return all(clauses.map(([name, condition]) => compileClause(name, condition)))
}
