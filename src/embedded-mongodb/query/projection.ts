import { CommandError, refuse } from '../command-error.ts'
import { compileExpression, type Expression, isTruthy } from '../aggregate/expression.ts'
import { bsonClass, isNumber, isPlainObject, toNumber } from '../bson/canonical-type.ts'
import type { BsonDocument } from '../bson/document.ts'
import { setField } from '../bson/document-path.ts'
import { compileFilter, type Predicate } from './filter.ts'
import { matchedElement } from './positional.ts'

export type Projection = (document: BsonDocument) => BsonDocument

/** What happens to a field: kept, left out, cut to a slice, filtered, computed, or a tree of such for its own fields. */
type Rule =
  | { readonly kind: 'keep' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'slice'; readonly skip: number; readonly count: number }
  | { readonly kind: 'elemMatch'; readonly predicate: Predicate }
  | { readonly kind: 'positional'; readonly path: readonly string[] }
  | { readonly kind: 'compute'; readonly evaluate: Expression }
  | { readonly kind: 'tree'; readonly fields: Map<string, Rule> }

function sliceRule(operand: unknown): Rule {
  const numbers = (Array.isArray(operand) ? operand : [operand]).map((value) => {
    if (!isNumber(value)) throw new CommandError('BadValue', '$slice needs numbers')
    return Math.trunc(toNumber(value))
  })
  const [first = 0, second] = numbers
  if (second !== undefined) {
    if (second <= 0) throw new CommandError('BadValue', '$slice limit must be positive')
    return { kind: 'slice', skip: first, count: second }
  }
  return first < 0 ? { kind: 'slice', skip: first, count: -first } : { kind: 'slice', skip: 0, count: first }
}

function ruleOf(path: readonly string[], value: unknown): Rule {
  if (path.at(-1) === '$') return { kind: 'positional', path: path.slice(0, -1) }
  if (isNumber(value) || typeof value === 'boolean') return { kind: isTruthy(value) ? 'keep' : 'drop' }
  if (isPlainObject(value)) {
    const [operator] = Object.keys(value)
    if (operator === '$slice' && !(Array.isArray(value.$slice) && !isNumber(value.$slice[0]))) {
      return sliceRule(value.$slice)
    }
    if (operator === '$elemMatch') {
      const condition = value.$elemMatch
      if (!isPlainObject(condition)) throw new CommandError('BadValue', '$elemMatch needs an object')
      const predicate = compileFilter({ v: { $elemMatch: condition } })
      return { kind: 'elemMatch', predicate: (element) => predicate({ v: [element] }) }
    }
    if (operator === '$meta') throw refuse('$meta in a projection')
    if (operator !== undefined && !operator.startsWith('$')) {
      const fields = new Map(
        Object.entries(value).map(([name, inner]) => [name, ruleOf([...path, name], inner)]),
      )
      return { kind: 'tree', fields }
    }
    if (operator === undefined)
      throw new CommandError('BadValue', 'An empty sub-projection is not a valid value')
  }
  return { kind: 'compute', evaluate: compileExpression(value) }
}

function addRule(tree: Map<string, Rule>, path: readonly string[], rule: Rule): void {
  const [name = '', ...rest] = path
  if (path.includes('')) throw new CommandError('BadValue', 'FieldPath must not contain an empty field name')
  const present = tree.get(name)
  if (rest.length === 0) {
    if (present !== undefined) throw new CommandError('BadValue', `Path collision at ${path.join('.')}`)
    tree.set(name, rule)
    return
  }
  if (present === undefined) {
    const fields = new Map<string, Rule>()
    tree.set(name, { kind: 'tree', fields })
    addRule(fields, rest, rule)
  } else if (present.kind === 'tree') addRule(present.fields, rest, rule)
  else throw new CommandError('BadValue', `Path collision at ${path.join('.')}`)
}

function kindsIn(rules: Iterable<Rule>): Set<Rule['kind']> {
  const kinds = new Set<Rule['kind']>()
  for (const rule of rules) {
    if (rule.kind === 'tree') for (const kind of kindsIn(rule.fields.values())) kinds.add(kind)
    else kinds.add(rule.kind)
  }
  return kinds
}

function sliceOf(array: readonly unknown[], skip: number, count: number): unknown[] {
  const from = skip < 0 ? Math.max(array.length + skip, 0) : skip
  return array.slice(from, from + count)
}

interface Pass {
  readonly root: BsonDocument
  readonly filter: BsonDocument
  readonly inclusive: boolean
}

const leftOut = Symbol('left out')

function applyRule(rule: Rule, value: unknown, pass: Pass): unknown {
  switch (rule.kind) {
    case 'keep':
      return value
    case 'drop':
      return leftOut
    case 'slice':
      return Array.isArray(value) ? sliceOf(value, rule.skip, rule.count) : value
    case 'elemMatch': {
      const found = Array.isArray(value) ? value.findIndex((element) => rule.predicate(element)) : -1
      return found === -1 ? leftOut : [(value as unknown[])[found]]
    }
    case 'positional': {
      if (!Array.isArray(value)) return value
      const at = matchedElement(pass.filter, pass.root, rule.path)
      if (at === undefined) {
        throw new CommandError(
          'BadValue',
          'Executor error: positional operator did not find the match in the query',
        )
      }
      return [value[at]]
    }
    case 'compute':
      return rule.evaluate(pass.root) ?? leftOut
    case 'tree':
      return applyTree(rule.fields, value, pass)
  }
}

function applyTree(tree: ReadonlyMap<string, Rule>, value: unknown, pass: Pass): unknown {
  if (Array.isArray(value)) {
    const elements = value.map((element) => applyTree(tree, element as unknown, pass))
    return elements.filter((element) => element !== leftOut)
  }
  if (!isPlainObject(value) && bsonClass(value) !== 'DBRef') {
    const computed = [...tree].filter(([, rule]) => kindsIn([rule]).has('compute'))
    if (computed.length > 0) return applyTree(tree, {}, pass)
    return pass.inclusive ? leftOut : value
  }
  const result: BsonDocument = {}
  for (const [name, field] of Object.entries(value as BsonDocument)) {
    const rule = tree.get(name)
    if (rule?.kind === 'compute' && pass.inclusive) continue
    const kept = rule === undefined ? (pass.inclusive ? leftOut : field) : applyRule(rule, field, pass)
    if (kept !== leftOut) setField(result, name, kept)
  }
  for (const [name, rule] of tree) {
    const computes = rule.kind === 'compute' || (rule.kind === 'tree' && kindsIn([rule]).has('compute'))
    const done = Object.hasOwn(value as BsonDocument, name) && (rule.kind === 'tree' || !pass.inclusive)
    if (!computes || done) continue
    const computed = applyRule(rule, undefined, pass)
    if (computed !== leftOut) setField(result, name, computed)
  }
  return result
}

/**
 * Compiles the projection of find, findAndModify and `$project`. `filter` tells what a positional `$` stands for.
 * Returns undefined for an empty projection.
 */
export function compileProjection(projection: unknown, filter: BsonDocument = {}): Projection | undefined {
  if (projection === undefined || projection === null) return undefined
  if (!isPlainObject(projection)) throw new CommandError('TypeMismatch', 'projection must be an object')
  const tree = new Map<string, Rule>()
  let id: Rule | undefined
  for (const [name, value] of Object.entries(projection)) {
    const path = name.split('.')
    const rule = ruleOf(path, value)
    if (name === '_id' && (rule.kind === 'keep' || rule.kind === 'drop')) id = rule
    else if (rule.kind === 'positional') addRule(tree, rule.path, rule)
    else addRule(tree, path, rule)
  }
  if (tree.size === 0 && id === undefined) return undefined
  const kinds = kindsIn(tree.values())
  const keeps = kinds.has('keep') || kinds.has('positional') || kinds.has('compute') || kinds.has('elemMatch')
  if (kinds.has('drop') && keeps) {
    throw new CommandError('BadValue', 'Cannot mix inclusion and exclusion in a projection')
  }
  const inclusive = keeps || (id?.kind === 'keep' && !kinds.has('drop'))
  if (inclusive ? id?.kind !== 'drop' && !tree.has('_id') : id?.kind === 'drop') {
    tree.set('_id', { kind: inclusive ? 'keep' : 'drop' })
  }
  return (document) => {
    const projected = applyTree(tree, document, { root: document, filter, inclusive }) as BsonDocument
    if (inclusive && Object.hasOwn(projected, '_id')) {
      const { _id, ...rest } = projected
      return { _id, ...rest }
    }
    return projected
  }
}

/**
 * The fields that a projection keeps, where it does nothing but keep whole fields of the document: what `pickFields` does
 * without decoding. Undefined for every other projection.
 */
export function keptFields(projection: unknown): ReadonlySet<string> | undefined {
  if (!isPlainObject(projection)) return undefined
  const { _id = true, ...others } = projection
  const kept = Object.entries(others)
  const whole = ([name, value]: readonly [string, unknown]): boolean =>
    !name.includes('.') && (isNumber(value) || value === true) && isTruthy(value)
  if (kept.length === 0 || !kept.every(whole)) return undefined
  if (!isNumber(_id) && typeof _id !== 'boolean') return undefined
  return new Set([...(isTruthy(_id) ? ['_id'] : []), ...kept.map(([name]) => name)])
}

function addedFields(spec: BsonDocument, path: readonly string[], tree: Map<string, Rule>): void {
  for (const [name, value] of Object.entries(spec)) {
    const inner = [...path, ...name.split('.')]
    const nested =
      isPlainObject(value) && Object.keys(value).length > 0 && !Object.keys(value)[0]?.startsWith('$')
    if (nested) addedFields(value, inner, tree)
    else addRule(tree, inner, { kind: 'compute', evaluate: compileExpression(value) })
  }
}

/** Compiles `$addFields`: every other field stays as it is. */
export function compileAddedFields(spec: BsonDocument): Projection {
  const tree = new Map<string, Rule>()
  addedFields(spec, [], tree)
  return (document) =>
    applyTree(tree, document, { root: document, filter: {}, inclusive: false }) as BsonDocument
}
