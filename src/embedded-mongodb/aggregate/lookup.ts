import { calculateObjectSize } from 'bson'
import { CommandError, refuse } from '../command-error.ts'
import { bsonClass, isPlainObject } from '../bson/canonical-type.ts'
import type { BsonDocument } from '../bson/document.ts'
import { visitPath } from '../bson/document-path.ts'
import { modifyPath } from '../update/modify-path.ts'
import type { PipelineContext, Stage } from './pipeline.ts'

function textOf(spec: BsonDocument, field: string): string {
  const value = spec[field]
  if (typeof value === 'string' && value !== '') return value
  throw new CommandError('FailedToParse', `$lookup argument '${field}' must be a string`)
}

/** The foreign documents that join: their field equals the local one, or one of its elements. */
function joinFilter(document: BsonDocument, localField: string, foreignField: string): BsonDocument {
  const values: unknown[] = []
  visitPath(document, localField.split('.'), (value) => {
    if (Array.isArray(value)) values.push(...(value as unknown[]))
    else values.push(value ?? null)
    return false
  })
  if (values.some((value) => bsonClass(value) === 'BSONRegExp'))
    throw refuse('$lookup by a regular expression')
  return { [foreignField]: { $in: values } }
}

/** `$lookup` by equality of two fields, with a pipeline, or both. */
export function lookup(spec: unknown, context: PipelineContext): Stage {
  if (!isPlainObject(spec))
    throw new CommandError('FailedToParse', 'the $lookup specification must be an Object')
  const from = textOf(spec, 'from')
  const as = textOf(spec, 'as').split('.')
  if (isPlainObject(spec.let) && Object.keys(spec.let).length > 0) throw refuse('$lookup with let')
  const byField = spec.localField !== undefined || spec.foreignField !== undefined
  if (!byField && spec.pipeline === undefined) {
    throw new CommandError(
      'FailedToParse',
      '$lookup requires both localField and foreignField, or a pipeline',
    )
  }
  const localField = byField ? textOf(spec, 'localField') : ''
  const foreignField = byField ? textOf(spec, 'foreignField') : ''
  return async function* (input) {
    for await (const documents of input) {
      const joined: BsonDocument[] = []
      for (const document of documents) {
        const found: BsonDocument[] = []
        const filter = byField ? joinFilter(document, localField, foreignField) : {}
        const foreign = context.read(from, filter)
        const result = spec.pipeline === undefined ? foreign : context.compile(spec.pipeline)(foreign)
        for await (const batch of result) {
          for (const one of batch) {
            context.account(calculateObjectSize(one))
            found.push(one)
          }
        }
        const copy = { ...document }
        modifyPath(copy, as, () => found)
        joined.push(copy)
      }
      yield joined
    }
  }
}
