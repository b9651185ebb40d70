import type { AuditLine } from './line.ts'

/** Where the log is kept. */
export interface AuditSink {
  /** Names it in messages and files, such as `database`. */
  readonly name: string
  /**
   * Resolves when all lines are durable, in their order. After a rejection some of the first may be there: the same lines
   * are written again then, before any other, and those that are there already stay as they are. Called twice
   * at once only for lines of different chains.
   */
  write(lines: readonly AuditLine[]): Promise<void>
  close(): Promise<void>
}
