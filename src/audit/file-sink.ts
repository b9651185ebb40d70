import { printLine } from './line.ts'
import { FileLines } from './file-lines.ts'
import type { AuditSink } from './sink.ts'

/** The log as lines of a file, on disk before they count. Lines that were written again after a failure stand twice. */
export function createFileSink(path: string): AuditSink {
  const file = new FileLines(path)
  return {
    name: 'file',
    write: (lines) => file.append(lines.map(printLine)),
    close: () => file.close(),
  }
}
