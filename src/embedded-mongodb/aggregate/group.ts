import { calculateObjectSize, Int32 } from 'bson'
import { CommandError } from '../command-error.ts'
import { isNumber, isPlainObject, toNumber, type BsonNumber } from '../bson/canonical-type.ts'
import { compareValues, equalValues } from '../bson/compare-values.ts'
import type { BsonDocument } from '../bson/document.ts'
import { encodeValueKey } from '../bson/index-key.ts'
import { addition, calculate } from '../update/arithmetic.ts'
import { compileExpression, type Expression } from './expression.ts'

/** Takes values one by one and has a result at any time. */
interface Accumulator {
  add(value: unknown): void
  result(): unknown
}

function fold(start: unknown, step: (held: unknown, value: unknown) => unknown): Accumulator {
  let held = start
  return {
    add(value) {
      held = step(held, value)
    },
    result: () => held,
  }
}

function plus(sum: unknown, value: unknown): unknown {
  return isNumber(value) ? calculate('$sum', addition, sum as BsonNumber, value) : sum
}

function average(): Accumulator {
  let sum = 0
  let count = 0
  return {
    add(value) {
      if (!isNumber(value)) return
      sum += toNumber(value)
      count += 1
    },
    result: () => (count === 0 ? null : sum / count),
  }
}

function extreme(sign: 1 | -1): Accumulator {
  return fold(null, (held, value) => {
    if (value === null || value === undefined) return held
    return held === null || sign * compareValues(value, held) > 0 ? value : held
  })
}

function first(): Accumulator {
  let empty = true
  return fold(null, (held, value) => {
    const kept = empty ? (value ?? null) : held
    empty = false
    return kept
  })
}

const accumulators: Readonly<Record<string, () => Accumulator>> = {
  $sum: () => fold(new Int32(0), plus),
  $count: () => fold(new Int32(0), (sum) => plus(sum, new Int32(1))),
  $avg: average,
  $min: () => extreme(-1),
  $max: () => extreme(1),
  $first: first,
  $last: () => fold(null, (_held, value) => value ?? null),
  $push: () => {
    const values: unknown[] = []
    return fold(values, (_held, value) => {
      if (value !== undefined) values.push(value)
      return values
    })
  },
  $addToSet: () => {
    const values: unknown[] = []
    return fold(values, (_held, value) => {
      if (value !== undefined && !values.some((known) => equalValues(known, value))) values.push(value)
      return values
    })
  },
  $mergeObjects: () =>
    fold({}, (held, value) => (isPlainObject(value) ? { ...(held as BsonDocument), ...value } : held)),
}

interface Field {
  readonly name: string
  readonly create: () => Accumulator
  readonly evaluate: Expression
  readonly grows: boolean
}

function parseField(name: string, spec: unknown): Field {
  if (name.includes('.')) throw new CommandError('BadValue', `The field name '${name}' cannot contain '.'`)
  const [operator = '', ...others] = isPlainObject(spec) ? Object.keys(spec) : []
  if (!isPlainObject(spec) || others.length > 0) {
    throw new CommandError('BadValue', `The field '${name}' must be an accumulator object`)
  }
  const create = Object.hasOwn(accumulators, operator) ? accumulators[operator] : undefined
  if (create === undefined) {
    throw new CommandError('InvalidPipelineOperator', `unknown or unimplemented group operator '${operator}'`)
  }
  return {
    name,
    create,
    evaluate: operator === '$count' ? () => null : compileExpression(spec[operator]),
    grows: operator === '$push' || operator === '$addToSet',
  }
}

interface Group {
  readonly id: unknown
  readonly held: readonly Accumulator[]
}

/** Groups documents by a key, compared as MongoDB compares, and accumulates. */
export class Grouping {
  readonly #id: Expression
  readonly #fields: readonly Field[]
  readonly #groups = new Map<string, Group>()
  readonly #account: (bytes: number) => void

  /** `account` is told of the memory it takes, in bytes, and throws when that is too much. */
  constructor(spec: unknown, account: (bytes: number) => void) {
    if (!isPlainObject(spec) || !Object.hasOwn(spec, '_id')) {
      throw new CommandError('BadValue', 'a group specification must include an _id')
    }
    const { _id, ...fields } = spec
    this.#id = compileExpression(_id)
    this.#fields = Object.entries(fields).map(([name, field]) => parseField(name, field))
    this.#account = account
  }

  add(document: BsonDocument): void {
    const id = this.#id(document) ?? null
    const code = encodeValueKey(id)
    const key = code.toString('latin1')
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = { id, held: this.#fields.map(({ create }) => create()) }
      this.#groups.set(key, group)
      this.#account(2 * code.length + 200)
    }
    for (const [i, { evaluate, grows }] of this.#fields.entries()) {
      const value = evaluate(document)
      if (grows) this.#account(calculateObjectSize({ value }))
      group.held[i]?.add(value)
    }
  }

  results(): BsonDocument[] {
    return [...this.#groups.values()].map(({ id, held }) => ({
      _id: id,
      ...Object.fromEntries(this.#fields.map(({ name }, i) => [name, held[i]?.result()])),
    }))
  }
}
