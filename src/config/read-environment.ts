import { existsSync, readFileSync } from 'node:fs'

import { GatewayError } from '../errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Reads variables by name, each as what it should be. */
export class EnvironmentReader {
  readonly #environment: Environment

  constructor(environment: Environment) {
    this.#environment = environment
  }

  text(name: string): string | undefined {
    const value = this.#environment[name]
    return value === undefined || value === '' ? undefined : value
  }

  /** What commas separate. */
  list(name: string): readonly string[] {
    const items = this.text(name)?.split(',') ?? []
    return items.map((item) => item.trim()).filter((item) => item !== '')
  }

  /** @throws CONFIGURATION_INVALID when the value is none of the choices */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const choice = choices.find((candidate) => candidate === value)
    if (choice === undefined) throw invalid(name, `must be one of ${choices.join(', ')}`)
    return choice
  }

  wholeNumber(name: string, least: number, most: number): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const number = Number(value)
    if (Number.isInteger(number) && number >= least && number <= most) return number
    throw invalid(name, `must be a whole number from ${least} to ${most}`)
  }

  /** The path that a variable names, of a file that exists. */
  file(name: string): string | undefined {
    const path = this.text(name)
    if (path !== undefined && !existsSync(path)) throw invalid(name, 'names a file that does not exist')
    return path
  }

  /** The text of the file that a variable names. */
  fileText(name: string): string | undefined {
    const path = this.file(name)
    return path === undefined ? undefined : readFileSync(path, 'utf8')
  }
}

export function invalid(name: string, problem: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message: `${name} ${problem}.` })
}
