import { CommandError } from '../command-error.ts'
import { isPlainObject } from '../bson/canonical-type.ts'
import type { BsonDocument } from '../bson/document.ts'
import { compileAddedFields, compileProjection } from '../query/projection.ts'
import { compileExpression } from './expression.ts'

/** A stage that makes one document of each. */
export type DocumentStage = (document: BsonDocument) => BsonDocument

function addFields(spec: unknown): DocumentStage {
  if (!isPlainObject(spec)) throw new CommandError('BadValue', '$addFields specification must be an object')
  return compileAddedFields(spec)
}

function project(spec: unknown): DocumentStage {
  const projection = compileProjection(spec)
  if (projection === undefined) throw new CommandError('BadValue', '$project specification must have a field')
  return projection
}

function unset(spec: unknown): DocumentStage {
  const names: unknown[] = Array.isArray(spec) ? spec : [spec]
  if (names.length === 0 || !names.every((name) => typeof name === 'string')) {
    throw new CommandError('BadValue', '$unset specification must be a string or an array of strings')
  }
  return project(Object.fromEntries(names.map((name) => [name, false])))
}

function replaceWith(spec: unknown): DocumentStage {
  const evaluate = compileExpression(spec)
  return (document) => {
    const root = evaluate(document)
    if (isPlainObject(root)) return root
    throw new CommandError('BadValue', "'newRoot' expression must evaluate to an object")
  }
}

/** The stages that an update by pipeline may use too. */
export const documentStages: Readonly<Record<string, (spec: unknown) => DocumentStage>> = {
  $addFields: addFields,
  $set: addFields,
  $project: project,
  $unset: unset,
  $replaceWith: replaceWith,
  $replaceRoot: (spec) => {
    if (!isPlainObject(spec))
      throw new CommandError('BadValue', '$replaceRoot specification must be an object')
    return replaceWith(spec.newRoot)
  },
}
