import { styleText } from 'node:util'

import { GatewayError } from '../errors.ts'

/** Exit statuses by error code; 1 for all others. `describe-use.ts` tells people what they mean. */
const statuses: Readonly<Record<string, number>> = {
  CONFIGURATION_INVALID: 2,
  SCHEMA_INVALID: 2,
  KEYS_MISMATCH: 2,
  KEY_UNAVAILABLE: 3,
  SERVICE_UNAVAILABLE: 3,
  ABORTED: 130,
}

/**
 * Runs a command's action; what goes wrong becomes one clear message on standard error and an exit status, never a stack.
 * With `--json` the message is a line of JSON.
 */
export function runCommand<Arguments extends unknown[]>(action: (...args: Arguments) => Promise<void>) {
  return async (...args: Arguments): Promise<void> => {
    try {
      await action(...args)
    } catch (error) {
      const { message, code } = describe(error)
      const json = args.some((argument) => (argument as { json?: unknown } | undefined)?.json === true)
      const text = json
        ? JSON.stringify({ error: { code, message } })
        : `${styleText('red', 'error:', { stream: process.stderr })} ${message}\n(${code})`
      // What was started may hold the process; a failed command ends at once, when its message is out.
      process.stderr.write(`${text}\n`, () => process.exit(statuses[code] ?? 1))
    }
  }
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof GatewayError) return { code: error.code, message: error.message }
  const { code, port, path, name } = (error ?? {}) as Readonly<Record<string, unknown>>
  if (code === 'EADDRINUSE') {
    const message = [
      `Port ${String(port)} is in use by another program.`,
      `Stop that program, or choose another port: --port ${Number(port) + 1}, or SEALGATE_PORT.`,
    ].join('\n')
    return { code, message }
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return { code, message: 'This machine has no such address: see --host, or SEALGATE_HOST.' }
  }
  if (code === 'EPIPE') return { code, message: 'Whoever read standard output has left.' }
  if (name === 'AbortError') return { code: 'ABORTED', message: 'Stopped before the end.' }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const message =
      port === undefined
        ? `This user may not use ${String(path)}.\nWhere it is in the data folder: --data, or SEALGATE_DATA, names another.`
        : `This user may not listen on port ${Number(port)}: choose one above 1023 by --port, or SEALGATE_PORT.`
    return { code, message }
  }
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    const message = `${String(path)} is needed as a folder, and a file is in its place: see --data, or SEALGATE_DATA.`
    return { code, message }
  }
  if (code === 'ENOSPC') return { code, message: 'The disk is full.' }
  const kind = error instanceof Error ? String(name) : typeof error
  return { code: 'INTERNAL_SERVER_ERROR', message: `Unexpected failure: ${kind}.` }
}
