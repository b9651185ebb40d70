import { Context, evalExpr, ProcessingMode } from 'mingo/core'
import * as arithmetic from 'mingo/operators/expression/arithmetic'
import * as array from 'mingo/operators/expression/array'
import * as boolean from 'mingo/operators/expression/boolean'
import * as conditional from 'mingo/operators/expression/conditional'
import * as date from 'mingo/operators/expression/date'
import * as object from 'mingo/operators/expression/object'
import * as set from 'mingo/operators/expression/set'
import * as string from 'mingo/operators/expression/string'
import * as type from 'mingo/operators/expression/type'
import * as variable from 'mingo/operators/expression/variable'
import { CommandError } from '../command-error.ts'
import { bsonClass } from '../bson/canonical-type.ts'
import { compareValues, equalValues } from '../bson/compare-values.ts'

type Options = Parameters<typeof evalExpr>[2]
type Operator = (document: unknown, expression: unknown, options: Options) => unknown
type ExpressionOps = Readonly<Record<string, Operator>>

/** Evaluates the operands first, then applies. */
function onValues(
  name: string,
  count: number | undefined,
  apply: (values: readonly unknown[]) => unknown,
): Operator {
  return (document, expression, options) => {
    const values: unknown = evalExpr(document, expression, options)
    const list = Array.isArray(values) ? (values as unknown[]) : [values]
    if (count !== undefined && list.length !== count) {
      throw new CommandError('BadValue', `Expression ${name} takes exactly ${count} arguments`)
    }
    return apply(list)
  }
}

function comparison(name: string, holds: (order: number) => unknown): ExpressionOps {
  return { [name]: onValues(name, 2, ([a, b]) => holds(compareValues(a, b))) }
}

/** One operand that is an array stands for its elements. */
function spread(values: readonly unknown[]): readonly unknown[] {
  const [only] = values
  return values.length === 1 && Array.isArray(only) ? (only as unknown[]) : values
}

function numbersOf(values: readonly unknown[]): number[] {
  return spread(values).filter((value) => typeof value === 'number')
}

function extreme(sign: 1 | -1): (values: readonly unknown[]) => unknown {
  return (values) => {
    const present = spread(values).filter((value) => value !== null && value !== undefined)
    return present.length === 0 ? null : present.reduce((a, b) => (sign * compareValues(a, b) >= 0 ? a : b))
  }
}

const toText = type.$toString as Operator

/** What compares values is ours, since mingo does not know MongoDB's order of BSON types. */
const own: ExpressionOps = {
  ...comparison('$eq', (order) => order === 0),
  ...comparison('$ne', (order) => order !== 0),
  ...comparison('$gt', (order) => order > 0),
  ...comparison('$gte', (order) => order >= 0),
  ...comparison('$lt', (order) => order < 0),
  ...comparison('$lte', (order) => order <= 0),
  ...comparison('$cmp', (order) => Math.sign(order)),
  $in: onValues('$in', 2, ([value, list]) => {
    if (!Array.isArray(list)) throw new CommandError('BadValue', '$in requires an array as a second argument')
    return list.some((element) => equalValues(element, value))
  }),
  $max: onValues('$max', undefined, extreme(1)),
  $min: onValues('$min', undefined, extreme(-1)),
  $sum: onValues('$sum', undefined, (values) => numbersOf(values).reduce((sum, value) => sum + value, 0)),
  $avg: onValues('$avg', undefined, (values) => {
    const numbers = numbersOf(values)
    return numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0) / numbers.length
  }),
  $toString: (document, expression, options) => {
    const value: unknown = evalExpr(document, expression, options)
    if (value === null || value === undefined) return null
    if (bsonClass(value) === 'ObjectId') return (value as { toHexString(): string }).toHexString()
    return toText(document, expression, options)
  },
}

/** What mingo computes as MongoDB does. Anything else is refused by name. */
const trusted: ExpressionOps = {
  ...only(arithmetic, [
    'abs',
    'add',
    'ceil',
    'divide',
    'exp',
    'floor',
    'ln',
    'log',
    'log10',
    'mod',
    'multiply',
    'pow',
  ]),
  ...only(arithmetic, ['round', 'sqrt', 'subtract', 'trunc']),
  ...only(array, [
    'arrayElemAt',
    'arrayToObject',
    'concatArrays',
    'filter',
    'first',
    'firstN',
    'isArray',
    'last',
  ]),
  ...only(array, ['lastN', 'map', 'range', 'reduce', 'reverseArray', 'size', 'slice', 'zip']),
  ...only(boolean, ['and', 'not', 'or']),
  ...only(conditional, ['cond', 'ifNull', 'switch']),
  ...only(date, ['dateAdd', 'dateDiff', 'dateFromParts', 'dateFromString', 'dateSubtract', 'dateToParts']),
  ...only(date, [
    'dateToString',
    'dateTrunc',
    'dayOfMonth',
    'dayOfWeek',
    'dayOfYear',
    'hour',
    'isoDayOfWeek',
  ]),
  ...only(date, ['isoWeek', 'isoWeekYear', 'millisecond', 'minute', 'month', 'second', 'week', 'year']),
  ...only(object, ['mergeObjects', 'objectToArray', 'setField', 'unsetField']),
  ...only(set, ['allElementsTrue', 'anyElementTrue']),
  ...only(string, [
    'concat',
    'indexOfBytes',
    'ltrim',
    'regexMatch',
    'replaceAll',
    'replaceOne',
    'rtrim',
    'split',
  ]),
  ...only(string, ['strLenBytes', 'strLenCP', 'strcasecmp', 'substr', 'substrBytes', 'substrCP', 'toLower']),
  ...only(string, ['toUpper', 'trim']),
  ...only(type, ['isNumber', 'toBool', 'toDate', 'toDouble', 'toInt']),
  ...only(variable, ['let']),
}

function only(group: object, names: readonly string[]): ExpressionOps {
  const wanted = new Set(names.map((name) => `$${name}`))
  return Object.fromEntries(Object.entries(group as ExpressionOps).filter(([name]) => wanted.has(name)))
}

const operators: ExpressionOps = { ...trusted, ...own, $literal: (_document, expression) => expression }

export function isExpressionOperator(name: string): boolean {
  return Object.hasOwn(operators, name)
}

/** How mingo evaluates: with these operators only, and no scripts. */
export const evaluation: Options = {
  idKey: '_id',
  processingMode: ProcessingMode.CLONE_OFF,
  useStrictMode: true,
  scriptEnabled: false,
  failOnError: true,
  context: Context.init({ expression: operators }),
}
