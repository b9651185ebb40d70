import type { Command } from 'commander'

export interface Use {
  readonly examples: readonly string[]
  /** What a status means for this command, where it differs from {@link statuses} or is worth a word. */
  readonly exits?: Readonly<Record<number, string>>
}

/** What the exit statuses of every command mean. */
const statuses: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'the command failed',
  2: 'the arguments, the configuration or the schema are wrong',
  3: 'the database or the key service is not available',
}

/** Puts examples and exit statuses behind the options in a command's help. */
export function describeUse(command: Command, { examples, exits = {} }: Use): Command {
  const meanings = Object.entries({ ...statuses, ...exits })
  const width = Math.max(...meanings.map(([status]) => status.length))
  const lines = [
    '',
    'Examples:',
    ...examples.map((example) => `  $ ${example}`),
    '',
    'Exit status:',
    ...meanings.map(([status, meaning]) => `  ${status.padEnd(width)}  ${meaning}`),
  ]
  return command.addHelpText('after', lines.join('\n'))
}
