import { CommandError } from '../command-error.ts'
import { isNumber, isPlainObject, toNumber } from '../bson/canonical-type.ts'
import { compareValues, equalValues } from '../bson/compare-values.ts'
import type { BsonDocument } from '../bson/document.ts'
import { compileFilter, isOperatorObject } from '../query/filter.ts'
import { parseSort, sortKeyOf } from '../query/sort.ts'
import type { Modify } from './modify-path.ts'

function arrayOrMissing(operator: string, value: unknown): unknown[] | undefined {
  if (value === undefined || Array.isArray(value)) return value
  throw new CommandError('BadValue', `The field must be an array to apply ${operator}`)
}

function integer(operator: string, value: unknown): number {
  if (isNumber(value) && Number.isInteger(toNumber(value))) return toNumber(value)
  throw new CommandError('BadValue', `The value for ${operator} must be an integer value`)
}

function eachOf(operator: string, operand: unknown): { values: unknown[]; modifiers: BsonDocument } {
  if (!isPlainObject(operand) || !Object.hasOwn(operand, '$each')) return { values: [operand], modifiers: {} }
  const { $each, ...modifiers } = operand
  if (!Array.isArray($each))
    throw new CommandError('BadValue', `The argument to $each in ${operator} must be an array`)
  return { values: $each, modifiers }
}

function sortElements(elements: unknown[], spec: unknown): void {
  if (isNumber(spec)) {
    const sign = toNumber(spec) < 0 ? -1 : 1
    elements.sort((a, b) => sign * compareValues(a, b))
    return
  }
  const sort = parseSort(spec)
  const keyed = elements.map((element) => ({ element, key: sortKeyOf({ e: element }, prefixed(sort)) }))
  keyed.sort((a, b) => Buffer.compare(a.key, b.key))
  elements.splice(0, elements.length, ...keyed.map(({ element }) => element))
}

function prefixed(sort: ReturnType<typeof parseSort>): ReturnType<typeof parseSort> {
  return sort.map((field) => ({ ...field, path: ['e', ...field.path] }))
}

function push(operand: unknown): Modify {
  const { values, modifiers } = eachOf('$push', operand)
  for (const name of Object.keys(modifiers)) {
    if (!['$position', '$slice', '$sort'].includes(name)) {
      throw new CommandError('BadValue', `Unrecognized clause in $push: ${name}`)
    }
  }
  return (value) => {
    const elements = [...(arrayOrMissing('$push', value) ?? [])]
    const position =
      modifiers.$position === undefined ? elements.length : integer('$position', modifiers.$position)
    elements.splice(position, 0, ...values)
    if (modifiers.$sort !== undefined) sortElements(elements, modifiers.$sort)
    if (modifiers.$slice === undefined) return elements
    const slice = integer('$slice', modifiers.$slice)
    return slice < 0 ? elements.slice(slice) : elements.slice(0, slice)
  }
}

function addToSet(operand: unknown): Modify {
  const { values, modifiers } = eachOf('$addToSet', operand)
  const [unknown] = Object.keys(modifiers)
  if (unknown !== undefined)
    throw new CommandError('BadValue', `Found unexpected fields after $each: ${unknown}`)
  return (value) => {
    const elements = [...(arrayOrMissing('$addToSet', value) ?? [])]
    for (const added of values) {
      if (!elements.some((element) => equalValues(element, added))) elements.push(added)
    }
    return elements
  }
}

function pull(operand: unknown): Modify {
  const onElement = isOperatorObject(operand) || !isPlainObject(operand)
  const predicate = compileFilter(onElement ? { e: operand } : operand)
  const exact = !isPlainObject(operand) && Array.isArray(operand)
  const matches = (element: unknown): boolean => {
    if (exact) return equalValues(element, operand)
    if (onElement) return predicate({ e: element })
    return isPlainObject(element) && predicate(element)
  }
  return (value) => arrayOrMissing('$pull', value)?.filter((element) => !matches(element))
}

function pullAll(operand: unknown): Modify {
  if (!Array.isArray(operand)) throw new CommandError('BadValue', '$pullAll requires an array argument')
  return (value) =>
    arrayOrMissing('$pullAll', value)?.filter(
      (element) => !operand.some((gone) => equalValues(gone, element)),
    )
}

function pop(operand: unknown): Modify {
  const end = isNumber(operand) ? toNumber(operand) : 0
  if (end !== 1 && end !== -1) throw new CommandError('FailedToParse', '$pop expects 1 or -1')
  return (value) => {
    const elements = arrayOrMissing('$pop', value)
    return end === 1 ? elements?.slice(0, -1) : elements?.slice(1)
  }
}

export const arrayOperators: Readonly<Record<string, (operand: unknown) => Modify>> = {
  $push: push,
  $addToSet: addToSet,
  $pull: pull,
  $pullAll: pullAll,
  $pop: pop,
}
