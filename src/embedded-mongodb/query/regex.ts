import type { BSONRegExp } from 'bson'
import { CommandError, refuse } from '../command-error.ts'
import { bsonClass } from '../bson/canonical-type.ts'
import { equalValues } from '../bson/compare-values.ts'
import type { ValueTest } from './value-test.ts'

interface RegexSource {
  readonly pattern: string
  readonly options: string
}

/** Reads the operands of `$regex` and `$options`, or a regular expression that stands for itself. */
export function regexSource(operand: unknown, options: unknown): RegexSource {
  if (options !== undefined && typeof options !== 'string') {
    throw new CommandError('BadValue', '$options has to be a string')
  }
  if (bsonClass(operand) === 'BSONRegExp') {
    const regex = operand as BSONRegExp
    return { pattern: regex.pattern, options: options ?? regex.options }
  }
  if (typeof operand !== 'string') throw new CommandError('BadValue', '$regex has to be a string')
  return { pattern: operand, options: options ?? '' }
}

function toJavaScript({ pattern, options }: RegexSource): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(pattern)
  const source = inline === null ? pattern : pattern.slice(inline[0].length)
  const flags = [...new Set(options + (inline?.[1] ?? ''))].filter((flag) => flag !== 'u')
  for (const flag of flags) {
    if (flag === 'x') throw refuse('the regular expression option x')
    if (!'ims'.includes(flag)) throw new CommandError('BadValue', `invalid flag in regex options: ${flag}`)
  }
  for (const mode of ['u', '']) {
    try {
      return new RegExp(source, flags.join('') + mode)
    } catch {
      // Escapes that only Unicode mode refuses are given to the other mode.
    }
  }
  throw new CommandError('BadValue', 'Regular expression is invalid')
}

/** Tests strings against a pattern; a stored regular expression matches if it is the same one. */
export function compileRegex(operand: unknown, options: unknown): ValueTest {
  const source = regexSource(operand, options)
  const regex = toJavaScript(source)
  return (value) => {
    if (typeof value === 'string') return regex.test(value)
    return bsonClass(value) === 'BSONRegExp' && equalValues(value, operand)
  }
}

/** The text that every match begins with, for patterns such as `^abc`. Undefined when there is none to rely on. */
export function literalPrefix({ pattern, options }: RegexSource): string | undefined {
  if (options !== '' || pattern.includes('|') || pattern.includes('\0')) return undefined
  const [, prefix = '', next = ''] = /^\^([^\\^$.*+?()[\]{}]*)(.?)/su.exec(pattern) ?? []
  const certain = '*?{'.includes(next) && next !== '' ? Array.from(prefix).slice(0, -1).join('') : prefix
  return certain === '' ? undefined : certain
}
