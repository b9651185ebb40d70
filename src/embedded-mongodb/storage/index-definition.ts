import { CommandError, refuse } from '../command-error.ts'
import type { BsonDocument } from '../bson/document.ts'
import { canonicalTypeOf, canonicalTypes, isNumber, isPlainObject, toNumber } from '../bson/canonical-type.ts'
import { equalValues } from '../bson/compare-values.ts'

export interface IndexField {
  readonly name: string
  readonly path: readonly string[]
  readonly descending: boolean
}

/** An index as clients define and list it. */
export interface IndexDefinition {
  readonly name: string
  readonly key: BsonDocument
  readonly fields: readonly IndexField[]
  readonly unique: boolean
  readonly sparse: boolean
  readonly partialFilter: BsonDocument | undefined
  readonly expireAfterSeconds: number | undefined
}

const ignored = new Set(['v', 'ns', 'background'])
const known = new Set(['key', 'name', 'unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds'])

function isTrue(value: unknown): boolean {
  return value === true || (isNumber(value) && toNumber(value) !== 0)
}

function parseField(name: string, direction: unknown): IndexField {
  if (!isNumber(direction)) throw refuse(`indexes of type ${String(direction)}`)
  if (toNumber(direction) === 0) {
    throw new CommandError('CannotCreateIndex', 'Values in the index key pattern cannot be 0.')
  }
  const path = name.split('.')
  if (path.includes('') || path.some((part) => part.startsWith('$') && !/^\$(id|ref|db)$/.test(part))) {
    throw new CommandError('CannotCreateIndex', 'Index keys cannot contain an empty field or start with $.')
  }
  if (name.includes('$**')) throw refuse('wildcard indexes')
  return { name, path, descending: toNumber(direction) < 0 }
}

/** Reads one element of `createIndexes.indexes`. Options this server does not implement are refused by name. */
export function parseIndexDefinition(spec: BsonDocument): IndexDefinition {
  const { key } = spec
  if (!isPlainObject(key) || Object.keys(key).length === 0) {
    throw new CommandError('CannotCreateIndex', 'Index keys cannot be an empty object')
  }
  for (const option of Object.keys(spec)) {
    if (ignored.has(option) || known.has(option)) continue
    if (option === 'hidden' && !isTrue(spec[option])) continue
    throw refuse(`the index option ${option}`)
  }
  const fields = Object.entries(key).map(([name, direction]) => parseField(name, direction))
  const expire = spec.expireAfterSeconds
  if (expire !== undefined && (!isNumber(expire) || fields.length > 1)) {
    throw new CommandError(
      'CannotCreateIndex',
      'TTL indexes are single-field indexes with a number of seconds',
    )
  }
  const partial = spec.partialFilterExpression
  if (partial !== undefined && !isPlainObject(partial)) {
    throw new CommandError('CannotCreateIndex', 'partialFilterExpression must be an object')
  }
  if (partial !== undefined && isTrue(spec.sparse)) {
    throw new CommandError('CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options')
  }
  const name =
    typeof spec.name === 'string' && spec.name !== ''
      ? spec.name
      : fields.map((field) => `${field.name}_${field.descending ? -1 : 1}`).join('_')
  return {
    name,
    key,
    fields,
    unique: isTrue(spec.unique),
    sparse: isTrue(spec.sparse),
    partialFilter: partial,
    expireAfterSeconds: expire === undefined ? undefined : toNumber(expire),
  }
}

/** How `listIndexes` shows an index, and how the catalog keeps it. */
export function describeIndex(index: IndexDefinition): BsonDocument {
  return {
    v: 2,
    key: index.key,
    name: index.name,
    ...(index.unique ? { unique: true } : {}),
    ...(index.sparse ? { sparse: true } : {}),
    ...(index.partialFilter === undefined ? {} : { partialFilterExpression: index.partialFilter }),
    ...(index.expireAfterSeconds === undefined ? {} : { expireAfterSeconds: index.expireAfterSeconds }),
  }
}

/** Whether two definitions have the same fields in the same order and directions. */
export function sameKeyPattern(a: IndexDefinition, b: IndexDefinition): boolean {
  return (
    a.fields.length === b.fields.length &&
    a.fields.every(
      (field, i) => field.name === b.fields[i]?.name && field.descending === b.fields[i].descending,
    )
  )
}

/** Whether two definitions of the same fields also agree in their options. */
export function sameOptions(a: IndexDefinition, b: IndexDefinition): boolean {
  return (
    a.unique === b.unique &&
    a.sparse === b.sparse &&
    a.expireAfterSeconds === b.expireAfterSeconds &&
    equalValues(a.partialFilter, b.partialFilter)
  )
}

/** Whether a value is a date, which is what a TTL index acts on. */
export function isDate(value: unknown): value is Date {
  return canonicalTypeOf(value) === canonicalTypes.date
}
