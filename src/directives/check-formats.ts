import { formats } from './formats/index.ts'
import type { FieldPolicy } from './policies.ts'

type Input = Readonly<Record<string, unknown>>

/** An object that is written, as far as the conditions of `@format` look at it. By field names. */
export interface ObjectToBe {
  /** What it will hold: the input, and what the input leaves alone. */
  readonly values: Input
  /** What it held; nothing when it is new. */
  readonly earlier: Input
}

/** @param stored - the object as it is stored; undefined when it is new */
export function objectToBe(
  fields: readonly FieldPolicy[],
  input: Input,
  stored: Input | undefined,
): ObjectToBe {
  if (stored === undefined) return { values: input, earlier: {} }
  const conditions = new Set(fields.flatMap(({ formats: uses }) => uses.map(({ when }) => when?.field)))
  const looked = fields.filter(({ name }) => conditions.has(name))
  const earlier: Input = Object.fromEntries(looked.map((field) => [field.name, stored[field.stored]]))
  return { values: { ...earlier, ...input }, earlier }
}

/** What is wrong with a value by the formats of its field, in words that hold no value; undefined when nothing is. */
export function findMalformed(
  field: FieldPolicy,
  value: unknown,
  { values }: ObjectToBe,
): string | undefined {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  for (const { format, when } of field.formats) {
    if (when !== undefined && values[when.field] !== when.is) continue
    const accepts = items.every(
      (item) => item === null || (typeof item === 'string' && formats[format].accepts(item)),
    )
    if (!accepts) return `must be ${formats[format].expected}`
  }
  return undefined
}

/** Whether a value that the input leaves alone falls under a format from now on: stored sealed, it cannot be judged. */
export function escapesFormat({ formats: uses }: FieldPolicy, { values, earlier }: ObjectToBe): boolean {
  return uses.some(({ when }) => {
    if (when === undefined) return false
    return values[when.field] === when.is && earlier[when.field] !== when.is
  })
}
