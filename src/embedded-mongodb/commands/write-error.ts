import { CommandError } from '../command-error.ts'
import type { BsonDocument } from '../bson/document.ts'

export interface WriteError extends BsonDocument {
  readonly index: number
  readonly code: number
  readonly errmsg: string
}

const largestBatch = 100_000

/** Refuses an empty batch of writes, and one larger than the handshake said. */
export function checkBatch(size: number): void {
  if (size >= 1 && size <= largestBatch) return
  throw new CommandError('InvalidLength', `Write batch sizes must be between 1 and ${largestBatch}`)
}

/** One entry of `writeErrors`. What is not the client's mistake fails the whole command. */
export function describeWriteError(index: number, error: unknown): WriteError {
  if (!(error instanceof CommandError)) throw error
  return { index, code: error.code, ...error.details, errmsg: error.message }
}
