import { describeError } from '../../server/describe-error.ts'

interface Log {
  readonly fatal: (details: object, message: string) => void
}

const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const

/** Lets running requests end at the first signal, and ends at once at the second. */
export function endOnSignal(close: () => Promise<void>): void {
  let closing = false
  const end = (signal: keyof typeof signalNumbers): void => {
    if (closing) process.exit(128 + signalNumbers[signal])
    closing = true
    process.stderr.write('Stopping, as soon as running requests have ended. Again to stop at once.\n')
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
}

/** Whatever nobody caught becomes one line of the log, without its message, and ends the process. */
export function endOnFailure(log: Log): void {
  const end = (error: unknown): void => {
    log.fatal(describeError(error), 'an error that nobody caught; the process ends')
    process.exit(1)
  }
  process.on('uncaughtException', end)
  process.on('unhandledRejection', end)
}
