import { ObjectId } from 'bson'
import { CommandError, refuse } from '../command-error.ts'
import { compileUpdatePipeline } from '../aggregate/update-pipeline.ts'
import { isPlainObject } from '../bson/canonical-type.ts'
import { equalValues } from '../bson/compare-values.ts'
import type { BsonDocument } from '../bson/document.ts'
import { isOperatorObject } from '../query/filter.ts'
import { arrayOperators } from './array-operators.ts'
import { parseArrayFilters, resolvePositions } from './array-positions.ts'
import { fieldOperators } from './field-operators.ts'
import { type Modify, modifyPath, readPath, removed } from './modify-path.ts'

/** Changes a document in place, or gives another one. */
export type Update = (document: BsonDocument, filter: BsonDocument, inserting: boolean) => BsonDocument

interface Step {
  readonly operator: string
  readonly name: string
  readonly path: readonly string[]
  readonly modify: Modify
  readonly renameTo?: readonly string[]
}

function parsePath(name: string): string[] {
  const path = name.split('.')
  if (path.includes('')) {
    throw new CommandError('EmptyFieldName', `The update path '${name}' contains an empty field name`)
  }
  if (path[0]?.startsWith('$') === true) {
    throw new CommandError('DollarPrefixedFieldName', `The dollar ($) prefixed field '${name}' is not valid`)
  }
  return path
}

function parseStep(operator: string, name: string, operand: unknown): Step {
  const path = parsePath(name)
  if (operator === '$rename') {
    if (typeof operand !== 'string')
      throw new CommandError('BadValue', 'The "to" field for $rename must be a string')
    return { operator, name, path, modify: () => removed, renameTo: parsePath(operand) }
  }
  const compile = fieldOperators[operator] ?? arrayOperators[operator]
  if (compile === undefined) throw new CommandError('FailedToParse', `Unknown modifier: ${operator}`)
  return { operator, name, path, modify: compile(operand) }
}

function refuseConflicts(paths: readonly string[]): void {
  const sorted = [...paths].sort()
  for (const [i, path] of sorted.entries()) {
    const conflict = sorted.slice(i + 1).find((other) => other === path || other.startsWith(`${path}.`))
    if (conflict !== undefined) {
      throw new CommandError(
        'ConflictingUpdateOperators',
        `Updating the path '${conflict}' would create a conflict at '${path}'`,
      )
    }
  }
}

function compileOperators(update: BsonDocument, arrayFilterSpec: unknown): Update {
  const arrayFilters = parseArrayFilters(arrayFilterSpec)
  const steps = Object.entries(update).flatMap(([operator, fields]) => {
    if (!isPlainObject(fields)) {
      throw new CommandError(
        'FailedToParse',
        `Modifiers operate on fields but we found another type for ${operator}`,
      )
    }
    return Object.entries(fields).map(([name, operand]) => parseStep(operator, name, operand))
  })
  refuseConflicts(
    steps.flatMap(({ name, renameTo }) => (renameTo === undefined ? [name] : [name, renameTo.join('.')])),
  )
  const used = new Set(steps.flatMap(({ path }) => path.map((part) => part.slice(2, -1))))
  for (const identifier of arrayFilters.keys()) {
    if (!used.has(identifier)) {
      throw new CommandError('FailedToParse', `The array filter for identifier '${identifier}' was not used`)
    }
  }
  steps.sort((a, b) => (a.name < b.name ? -1 : 1))
  return (document, filter, inserting) => {
    for (const { operator, path, modify, renameTo } of steps) {
      if (operator === '$setOnInsert' && !inserting) continue
      if (renameTo !== undefined) {
        const value = readPath(document, path)
        if (value === undefined) continue
        modifyPath(document, path, modify)
        modifyPath(document, renameTo, () => value)
        continue
      }
      for (const concrete of resolvePositions(path, { document, filter, arrayFilters })) {
        modifyPath(document, concrete, modify)
      }
    }
    return document
  }
}

function compileReplacement(replacement: BsonDocument): Update {
  return (document) => {
    const id = Object.hasOwn(document, '_id') ? { _id: document._id } : {}
    if (
      Object.hasOwn(id, '_id') &&
      Object.hasOwn(replacement, '_id') &&
      !equalValues(id._id, replacement._id)
    ) {
      throw immutableId()
    }
    const { _id, ...fields } = replacement
    return { ...(Object.hasOwn(replacement, '_id') ? { _id } : {}), ...id, ...fields }
  }
}

function immutableId(): CommandError {
  return new CommandError(
    'ImmutableField',
    "Performing an update on the path '_id' would modify the immutable field '_id'",
  )
}

/** Compiles update operators, a replacement or a pipeline. What is not implemented is refused here. */
export function compileUpdate(update: unknown, multi: boolean, arrayFilters?: unknown): Update {
  const compiled = compileForm(update, multi, arrayFilters)
  return (document, filter, inserting) => {
    const { _id } = document
    const had = Object.hasOwn(document, '_id')
    const after = compiled(document, filter, inserting)
    if (had && (!Object.hasOwn(after, '_id') || !equalValues(after._id, _id))) throw immutableId()
    return after
  }
}

function compileForm(update: unknown, multi: boolean, arrayFilters: unknown): Update {
  if (Array.isArray(update)) {
    if (arrayFilters !== undefined) {
      throw new CommandError('FailedToParse', 'Cannot specify arrayFilters and a pipeline update')
    }
    return compileUpdatePipeline(update)
  }
  if (!isPlainObject(update))
    throw new CommandError('FailedToParse', 'Update argument must be an object or an array')
  const names = Object.keys(update)
  if (names[0]?.startsWith('$') === true) return compileOperators(update, arrayFilters)
  const operator = names.find((name) => name.startsWith('$'))
  if (operator !== undefined) {
    throw new CommandError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${operator}' is not allowed`,
    )
  }
  if (multi)
    throw new CommandError('FailedToParse', 'multi update is not supported for replacement-style update')
  if (arrayFilters !== undefined) throw refuse('arrayFilters with a replacement')
  return compileReplacement(update)
}

/** The fields that equality conditions of a filter give to a document that an upsert creates. */
function equalityFields(filter: BsonDocument, document: BsonDocument): BsonDocument {
  for (const [name, condition] of Object.entries(filter)) {
    if (name === '$and' && Array.isArray(condition)) {
      for (const clause of condition) if (isPlainObject(clause)) equalityFields(clause, document)
    } else if (name === '$or' && Array.isArray(condition) && condition.length === 1) {
      if (isPlainObject(condition[0])) equalityFields(condition[0], document)
    } else if (!name.startsWith('$')) {
      const operators = isOperatorObject(condition) ? condition : { $eq: condition }
      const single =
        Array.isArray(operators.$in) && operators.$in.length === 1 ? (operators.$in[0] as unknown) : undefined
      const value = operators.$eq ?? single
      if (Object.hasOwn(operators, '$eq') || single !== undefined) {
        modifyPath(document, name.split('.'), () => value)
      }
    }
  }
  return document
}

/** The document an upsert inserts when nothing matched. */
export function documentToUpsert(update: Update, filter: BsonDocument, isReplacement: boolean): BsonDocument {
  const fromFilter = equalityFields(filter, {})
  const base =
    isReplacement && Object.hasOwn(fromFilter, '_id')
      ? { _id: fromFilter._id }
      : isReplacement
        ? {}
        : fromFilter
  const { _id = new ObjectId(), ...fields } = update(base, filter, true)
  return { _id, ...fields }
}
