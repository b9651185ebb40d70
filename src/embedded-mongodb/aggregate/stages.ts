import { calculateObjectSize, Int32, Long } from 'bson'
import { CommandError, refuse } from '../command-error.ts'
import { isNumber, isPlainObject, toNumber } from '../bson/canonical-type.ts'
import type { BsonDocument } from '../bson/document.ts'
import { setField } from '../bson/document-path.ts'
import { compileFilter } from '../query/filter.ts'
import { parseSort, sortKeyOf, Sorter } from '../query/sort.ts'
import { modifyPath, readPath, removed } from '../update/modify-path.ts'
import { documentStages } from './document-stages.ts'
import { Grouping } from './group.ts'
import { lookup } from './lookup.ts'
import { fromArray, perAll, perDocument, type PipelineContext, type Stage } from './pipeline.ts'

type CompileStage = (spec: unknown, context: PipelineContext) => Stage

function objectSpec(stage: string, spec: unknown): BsonDocument {
  if (isPlainObject(spec)) return spec
  throw new CommandError('BadValue', `the ${stage} specification must be an object`)
}

function wholeNumber(stage: string, spec: unknown, least: number): number {
  const number = isNumber(spec) ? toNumber(spec) : Number.NaN
  if (Number.isInteger(number) && number >= least) return number
  throw new CommandError('BadValue', `invalid argument to ${stage} stage`)
}

function match(spec: unknown): Stage {
  const predicate = compileFilter(objectSpec('$match', spec))
  return perDocument((document) => (predicate(document) ? [document] : []))
}

/** Sorts all documents, or with a limit only as many as that. */
export function sortStage(spec: unknown, limit = Infinity): Stage {
  const sort = parseSort(objectSpec('$sort', spec))
  return perAll(() => {
    const sorter = new Sorter<BsonDocument>(limit)
    return {
      add: (document) => {
        sorter.add(sortKeyOf(document, sort), document, calculateObjectSize(document))
      },
      finish: () => sorter.finish(),
    }
  })
}

function limitStage(spec: unknown): Stage {
  const limit = wholeNumber('$limit', spec, 1)
  return async function* (input) {
    let left = limit
    for await (const documents of input) {
      yield documents.slice(0, left)
      left -= documents.length
      if (left <= 0) return
    }
  }
}

function skipStage(spec: unknown): Stage {
  const count = wholeNumber('$skip', spec, 0)
  return async function* (input) {
    let skip = count
    for await (const documents of input) {
      yield documents.slice(skip)
      skip = Math.max(skip - documents.length, 0)
    }
  }
}

function group(spec: unknown, { account }: PipelineContext): Stage {
  return perAll(() => {
    const grouping = new Grouping(spec, account)
    return {
      add: (document) => {
        grouping.add(document)
      },
      finish: () => grouping.results(),
    }
  })
}

function count(spec: unknown): Stage {
  if (typeof spec !== 'string' || spec === '' || spec.startsWith('$') || spec.includes('.')) {
    throw new CommandError('BadValue', 'the count field must be a non-empty name')
  }
  return async function* (input) {
    let n = 0
    for await (const documents of input) n += documents.length
    if (n > 0) yield [{ [spec]: new Int32(n) }]
  }
}

function unwind(spec: unknown): Stage {
  const { path, includeArrayIndex, preserveNullAndEmptyArrays } = isPlainObject(spec) ? spec : { path: spec }
  if (typeof path !== 'string' || !path.startsWith('$')) {
    throw new CommandError('BadValue', 'path option to $unwind stage should be prefixed with a $')
  }
  const names = path.slice(1).split('.')
  const withValue = (document: BsonDocument, value: unknown, index: number | null): BsonDocument => {
    const copy = copyAlong(document, names)
    if (value !== undefined) modifyPath(copy, names, () => value)
    if (typeof includeArrayIndex === 'string') {
      const at = index === null ? null : Long.fromNumber(index)
      modifyPath(copy, includeArrayIndex.split('.'), () => at)
    }
    return copy
  }
  return perDocument((document) => {
    const value = readPath(document, names)
    if (Array.isArray(value) && value.length > 0) {
      return value.map((element, i) => withValue(document, element, i))
    }
    if (value !== undefined && value !== null && !Array.isArray(value))
      return [withValue(document, value, null)]
    if (preserveNullAndEmptyArrays !== true) return []
    const kept = withValue(document, undefined, null)
    if (Array.isArray(value)) modifyPath(kept, names, () => removed)
    return [kept]
  })
}

/** Copies the documents along a path, so that changing the copy leaves the original as it is. */
function copyAlong(document: BsonDocument, path: readonly string[]): BsonDocument {
  const copy = { ...document }
  const [name, ...rest] = path
  const inner = name === undefined ? undefined : copy[name]
  if (name !== undefined && rest.length > 0 && isPlainObject(inner))
    setField(copy, name, copyAlong(inner, rest))
  return copy
}

function facet(spec: unknown, context: PipelineContext): Stage {
  const branches = Object.entries(objectSpec('$facet', spec)).map(
    ([name, stages]) => [name, context.compile(stages)] as const,
  )
  return async function* (input) {
    const held: BsonDocument[] = []
    for await (const documents of input) {
      for (const document of documents) {
        context.account(calculateObjectSize(document))
        held.push(document)
      }
    }
    const result: BsonDocument = {}
    for (const [name, stage] of branches) {
      const found: BsonDocument[] = []
      for await (const documents of stage(fromArray(held))) found.push(...documents)
      setField(result, name, found)
    }
    yield [result]
  }
}

function sortByCount(spec: unknown, context: PipelineContext): Stage {
  const grouped = group({ _id: spec, count: { $sum: new Int32(1) } }, context)
  const sorted = sortStage({ count: -1 })
  return (input) => sorted(grouped(input))
}

function sample(spec: unknown): Stage {
  const size = wholeNumber('$sample', objectSpec('$sample', spec).size, 1)
  return perAll(() => {
    const chosen: BsonDocument[] = []
    let seen = 0
    return {
      add: (document) => {
        seen += 1
        const at = chosen.length < size ? chosen.length : Math.floor(Math.random() * seen)
        if (at < size) chosen[at] = document
      },
      finish: () => chosen,
    }
  })
}

const refused =
  (stage: string): CompileStage =>
  () => {
    throw refuse(`the stage ${stage}`)
  }

const table: Readonly<Record<string, CompileStage>> = {
  $match: match,
  $sort: (spec) => sortStage(spec),
  $limit: limitStage,
  $skip: skipStage,
  $group: group,
  $count: count,
  $unwind: unwind,
  $lookup: lookup,
  $facet: facet,
  $sortByCount: sortByCount,
  $sample: sample,
  $merge: refused('$merge'),
  $out: refused('$out'),
  $changeStream: () => {
    throw new CommandError(
      'ChangeStreamUnsupported',
      'The $changeStream stage is only supported on replica sets',
    )
  },
}

/** Compiles one stage. Throws for a stage this server does not implement. */
export function compileStage(stage: unknown, context: PipelineContext): Stage {
  const names = isPlainObject(stage) ? Object.keys(stage) : []
  const [name = ''] = names
  if (!isPlainObject(stage) || names.length !== 1) {
    throw new CommandError(
      'BadValue',
      'A pipeline stage specification object must contain exactly one field.',
    )
  }
  const convert = Object.hasOwn(documentStages, name) ? documentStages[name]?.(stage[name]) : undefined
  if (convert !== undefined) return perDocument((document) => [convert(document)])
  const compile = Object.hasOwn(table, name) ? table[name] : undefined
  if (compile === undefined) {
    throw new CommandError(
      'InvalidPipelineOperator',
      `Unrecognized or unimplemented pipeline stage name: '${name}'`,
    )
  }
  return compile(stage[name], context)
}
