import { GatewayError } from '../errors.ts'

/** Exit statuses: 1 the command failed, 2 the configuration or schema is wrong, 3 a service is not available. */
const statuses: Readonly<Record<string, number>> = {
  CONFIGURATION_INVALID: 2,
  SCHEMA_INVALID: 2,
  KEYS_MISMATCH: 2,
  KEY_UNAVAILABLE: 3,
  SERVICE_UNAVAILABLE: 3,
}

/** Runs a command's action; what goes wrong becomes one clear message and an exit status, never a stack. */
export function runCommand<Arguments extends unknown[]>(action: (...args: Arguments) => Promise<void>) {
  return async (...args: Arguments): Promise<void> => {
    try {
      await action(...args)
    } catch (error) {
      const known = error instanceof GatewayError
      const message = known ? `${error.message}\n(${error.code})` : describe(error)
      process.stderr.write(`${message}\n`)
      process.exitCode = known ? (statuses[error.code] ?? 1) : 1
      process.exit()
    }
  }
}

function describe(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'EADDRINUSE')
    return 'The port is in use. Stop the other program, or set SEALGATE_PORT or --port.'
  if (code === 'EACCES') return 'The port or the data folder may not be used by this user.'
  return `Unexpected failure: ${error instanceof Error ? error.name : typeof error}. Set SEALGATE_LOG_LEVEL=debug to learn more.`
}
