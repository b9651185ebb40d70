import { printLine } from './line.ts'
import type { AuditSink } from './sink.ts'

/** The log as lines of standard output, for whoever collects it: durable as soon as the reader has taken them. */
export function createStdoutSink(): AuditSink {
  return {
    name: 'stdout',
    write: (lines) =>
      new Promise((resolve, reject) => {
        process.stdout.write(lines.map((line) => `${printLine(line)}\n`).join(''), (error) => {
          if (error == null) resolve()
          else reject(error)
        })
      }),
    close: () => Promise.resolve(),
  }
}
