import { standardStream } from './copy-file.ts'

export interface Outcome {
  readonly file: string
  readonly out: string
  readonly read: number
  readonly written: number
}

/** Tells what was done: on standard error where standard output has the bytes. */
export function printOutcome(done: string, outcome: Outcome, json = false): void {
  const { file, out, read, written } = outcome
  const text = json ? JSON.stringify(outcome) : `${done} ${file} (${read} bytes) as ${out} (${written} bytes)`
  const stream = out === standardStream ? process.stderr : process.stdout
  stream.write(`${text}\n`)
}
